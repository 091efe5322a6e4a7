import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { built } from './built.ts';
import type { Said } from './scangate.ts';
import { within } from './until.ts';

/**
 * One process with the build loaded, for the many calls of a test file that are about what a call says and does: what
 * its process does (its end, its signals, who reads it) is seen with {@link scangate} and with `refusedStart`.
 */
export interface Warm {
  /** Runs `scangate` with these settings and no others. One call after another, however many are asked for. */
  scangate(args: readonly string[], env: Readonly<Record<string, string>>, cwd?: string): Promise<Said>;
  /** Starts a gateway as `dist/main.js` does: status 1 where it is refused. One that starts is stopped: status 0. */
  start(env: Readonly<Record<string, string>>, cwd?: string): Promise<Said>;
  stop(): Promise<void>;
}

const PROCESS = fileURLToPath(new URL('warm-process.mjs', import.meta.url));
const DIST = dirname(built('main.js'));
/** Just within the time of a test. */
const SAID_WITHIN_MS = 110_000;

/** Starts it: what it needs of the build, it loads when that is first asked for. */
export function startWarm(): Warm {
  const mark = `said ${randomUUID()}`;
  const child = spawn(process.execPath, [PROCESS, DIST, mark], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const printed = { stdout: '', stderr: '' };
  let status: number | undefined;
  let look = (): void => undefined;
  let fail = (_error: Error): void => undefined;
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
      look();
    });
  child.on('message', (message) => {
    ({ status } = message as { readonly status: number });
    look();
  });
  const ended = once(child, 'close');
  child.once('close', () => {
    process.off('exit', kill);
    fail(new Error(`the warm process ended:\n${printed.stdout}${printed.stderr}`));
  });

  const said = (asked: object): Promise<Said> => {
    Object.assign(printed, { stdout: '', stderr: '' });
    status = undefined;
    const answer = new Promise<Said>((resolve, reject) => {
      fail = reject;
      look = () => {
        const { stdout, stderr } = printed;
        if (status === undefined || !stdout.endsWith(mark) || !stderr.endsWith(mark)) return;
        resolve({ status, stdout: stdout.slice(0, -mark.length), stderr: stderr.slice(0, -mark.length) });
      };
      if (!child.connected) reject(new Error('the warm process has ended'));
      child.send(asked);
    });
    return within(answer, SAID_WITHIN_MS, 'the end of a call');
  };
  let last: Promise<unknown> = Promise.resolve();
  const ask = (asked: object, env: Readonly<Record<string, string>>, cwd = tmpdir()): Promise<Said> => {
    const before = last;
    const inTurn = async (): Promise<Said> => {
      await before;
      return await said({ ...asked, env: { PATH: process.env['PATH'], ...env }, cwd });
    };
    const answer = inTurn();
    last = answer.catch(() => undefined);
    return answer;
  };
  return {
    scangate: (args, env, cwd) => ask({ work: 'command', args }, env, cwd),
    start: (env, cwd) => ask({ work: 'start' }, env, cwd),
    stop: async () => {
      kill();
      await ended;
    },
  };
}
