import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AttackPlan } from './attackers.ts';

/** What the attackers see of themselves. */
export interface AttackView {
  /** Connections since the beginning, those in the place of others included. */
  readonly opened: number;
  /** Address and port of what they hold open, by kind. */
  readonly ends: Readonly<Record<string, readonly string[]>>;
}

/** Attackers at work, in a process of their own. */
export interface Attack {
  look(): Promise<AttackView>;
  /** They are told how many the gateway holds, and open more where those are too few. */
  hold(held: number): Promise<unknown>;
  /** They open no more, and close nothing. */
  rest(): Promise<unknown>;
  /** They are gone, and their system closes all. */
  leave(): Promise<void>;
}

const PROCESS = fileURLToPath(new URL('attackers-process.mjs', import.meta.url));

/** Begins. */
export async function beginAttack(plan: AttackPlan): Promise<Attack> {
  const child = fork(PROCESS, { stdio: 'inherit' });
  const waiting = new Map<number, (answer: unknown) => void>();
  let calls = 0;
  const isReady = new Promise((resolve) => waiting.set(0, resolve));
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the attackers ended with ${code}`)));
  });
  failed.catch(() => undefined);
  child.on('message', ({ id, answer }: { id: number; answer: unknown }) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  const ask = async <T>(what: string, more: object = {}): Promise<T> => {
    const id = (calls += 1);
    const answered = new Promise<T>((resolve) => waiting.set(id, resolve as (answer: unknown) => void));
    child.send({ id, what, ...more });
    return await Promise.race([answered, failed]);
  };
  const leave = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const look = (): Promise<AttackView> => ask<AttackView>('look');
  const hold = (held: number): Promise<unknown> => ask('hold', { held });
  try {
    await Promise.race([isReady, failed]);
    await ask('begin', { plan });
    return { look, hold, rest: () => ask('rest'), leave };
  } catch (error) {
    await leave();
    throw error;
  }
}
