import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { within } from './until.ts';

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of ours: ended by its handle only. */
export interface Child {
  readonly pid: number;
  readonly exited: Promise<Ending>;
  isRunning(): boolean;
  /** Everything it has printed so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  /** Sends a signal; nothing when it has ended. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM (after a SIGCONT, in case it was stopped), then SIGKILL when it is still there. */
  stop(withinMs?: number): Promise<Ending>;
  kill(): Promise<Ending>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a process and keeps what it prints. It does not outlive us, unless we are killed with SIGKILL. */
export function startChild(
  command: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Child {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const printed = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text));
  let ended = false;
  const exited = new Promise<Ending>((resolve) => {
    const end = (ending: Ending): void => {
      ended = true;
      running.delete(child);
      resolve(ending);
    };
    child.once('error', (error) => {
      printed.stderr += String(error);
      if (child.pid === undefined) end({ code: -1, signal: null });
    });
    child.once('close', (code, signal) => end({ code, signal }));
  });
  const signal = (name: NodeJS.Signals): void => {
    if (!ended) child.kill(name);
  };
  const kill = (): Promise<Ending> => {
    signal('SIGKILL');
    return exited;
  };
  return {
    pid: child.pid ?? -1,
    exited,
    isRunning: () => !ended,
    output: () => ({ ...printed }),
    signal,
    kill,
    stop: async (withinMs = 20_000) => {
      signal('SIGCONT');
      signal('SIGTERM');
      return within(exited, withinMs, `the end of process ${child.pid}`).catch(kill);
    },
  };
}

/** Waits until the process printed what `ready` looks for; an early end is an error that tells what it printed. */
export async function untilPrinted(child: Child, ready: RegExp, withinMs = 30_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (performance.now() < end) {
    const { stdout, stderr } = child.output();
    if (ready.test(stdout) || ready.test(stderr)) return;
    if (!child.isRunning()) throw new Error(`it ended before it was ready:\n${stdout}${stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  await child.kill();
  throw new Error(`not ready within ${withinMs} ms:\n${Object.values(child.output()).join('')}`);
}

/** Below the ports that a system hands out by itself, and a thousand a jest worker: nobody takes one in between. */
const FIRST_PORT = 20_000 + 1_000 * Number(process.env['JEST_WORKER_ID'] ?? 0);
const PORTS = 1_000;
let nextPort = Math.floor(Math.random() * PORTS);

/** A TCP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORTS; tries += 1) {
    const port = FIRST_PORT + (nextPort++ % PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${FIRST_PORT} on is free`);
}

/** Several at once, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
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
