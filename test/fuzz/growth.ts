import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../support/gateway.ts';

/** What a process holds (Linux). */
export interface Holding {
  /** Memory of its own, in bytes: without files that are mapped, the store's among them. */
  readonly memory: number;
  readonly descriptors: number;
}

/** With this in its environment a gateway collects garbage on SIGUSR2. */
export const COLLECTING = {
  NODE_OPTIONS: `--expose-gc --import ${new URL('../../bench/gc-on-signal.mjs', import.meta.url).href}`,
};
const COLLECTIONS = 4;
const COLLECTING_MS = 400;

export async function holdingOf(pid: number): Promise<Holding> {
  const [status, descriptors] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readdir(`/proc/${pid}/fd`),
  ]);
  return {
    memory: Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024,
    descriptors: descriptors.length,
  };
}

/** What it holds once its garbage is collected; the gateway was started with {@link COLLECTING}. */
export async function holdingWithoutGarbage(gateway: Pick<Gateway, 'pid' | 'signal'>): Promise<Holding> {
  for (let count = 0; count < COLLECTIONS; count += 1) {
    gateway.signal('SIGUSR2');
    await sleep(COLLECTING_MS);
  }
  return await holdingOf(gateway.pid);
}
