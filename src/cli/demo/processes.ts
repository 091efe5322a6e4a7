import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotPlayed } from './not-played.ts';

/** How much of what a process printed is kept, in characters. */
const PRINTED_MAX = 64 * 1024;
/** How much of it an error tells. */
const TOLD_MAX = 1500;
/** Below the ports that a system hands out by itself, so that none is taken in between. */
const PORTS = { first: 12_000, count: 7_000, tries: 200 } as const;

/** A process of ours. */
export interface Process {
  readonly pid: number;
  isRunning(): boolean;
  /** SIGKILL; resolves once it has ended. */
  kill(): Promise<void>;
  /** How many characters it has printed. */
  printedCount(): number;
  /**
   * Resolves with the match once the process has printed it, after the first `since` characters.
   *
   * @throws NotPlayed when it ended or was silent too long
   */
  printed(pattern: RegExp, withinMs: number, since?: number): Promise<RegExpExecArray>;
  /** The end of what it printed. */
  lastWords(): string;
}

/** What ends a rehearsal from outside (Ctrl-C, a closed terminal), and the status it then ends with. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof SIGNALS;

/** Every process of one rehearsal, and the folder they work in; all of it ends with the rehearsal, however that ends. */
export class Processes {
  readonly folder = mkdtempSync(join(tmpdir(), 'scangate-demo-'));
  readonly #running = new Set<ChildProcess>();
  readonly #taken = new Set<number>();
  readonly #onExit = (): void => this.end();
  readonly #onSignal = (signal: NodeJS.Signals): void => process.exit(SIGNALS[signal as Signal]);

  constructor() {
    process.on('exit', this.#onExit);
    for (const signal of Object.keys(SIGNALS)) process.on(signal, this.#onSignal);
  }

  /** Starts a program with these variables and no others but `PATH`. */
  start(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Process {
    const child = spawn(program, args, {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    return follow(child, () => this.#running.delete(child));
  }

  /** A port of loopback that was free a moment ago, another one at each call. */
  async freePort(): Promise<number> {
    for (let tries = 0; tries < PORTS.tries; tries += 1) {
      const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
      if (this.#taken.has(port) || !(await isFree(port))) continue;
      this.#taken.add(port);
      return port;
    }
    throw new NotPlayed(`no port from ${PORTS.first} on is free`);
  }

  /** Kills what runs and removes the folder. */
  end(): void {
    for (const child of this.#running) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    process.off('exit', this.#onExit);
    for (const signal of Object.keys(SIGNALS)) process.off(signal, this.#onSignal);
  }
}

function follow(child: ChildProcess, onEnd: () => void): Process {
  let text = '';
  let count = 0;
  let isRunning = true;
  const listeners = new Set<() => void>();
  const tell = (): void => listeners.forEach((listener) => listener());
  const take = (more: string): void => {
    count += more.length;
    text = (text + more).slice(-PRINTED_MAX);
    tell();
  };
  child.stdout?.setEncoding('utf8').on('data', take);
  child.stderr?.setEncoding('utf8').on('data', take);
  child.once('error', (error) => take(error.message));
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      isRunning = false;
      onEnd();
      tell();
      resolve();
    });
  });
  const lastWords = (): string => text.slice(-TOLD_MAX).trim();
  return {
    pid: child.pid ?? 0,
    isRunning: () => isRunning,
    lastWords,
    printedCount: () => count,
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
    printed: (pattern, withinMs, since = 0) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(text.slice(Math.max(0, since - (count - text.length))));
          if (match !== null) settle(() => resolve(match));
          else if (!isRunning)
            settle(() => reject(new NotPlayed(`${child.spawnfile} ended: ${lastWords()}`)));
        };
        const late = setTimeout(
          () =>
            settle(() =>
              reject(
                new NotPlayed(`${child.spawnfile} did not say ${String(pattern)} in time: ${lastWords()}`),
              ),
            ),
          withinMs,
        );
        const settle = (end: () => void): void => {
          clearTimeout(late);
          listeners.delete(look);
          end();
        };
        listeners.add(look);
        look();
      }),
  };
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}
