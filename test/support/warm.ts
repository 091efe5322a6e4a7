import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { built } from './built.ts';
import { freePort } from './child.ts';
import { temporaryFolder } from './folder.ts';
import type { TemporaryFolder } from './folder.ts';
import { TEST_SECRETS } from './gateway.ts';
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
  /**
   * A gateway in this process, with the settings that `startGateway` has by default but for its log, which is silent. It is
   * for tests of what a gateway answers, and another node for those of several.
   */
  gateway(
    env: Readonly<Record<string, string | undefined>>,
    options?: { readonly port?: number },
  ): Promise<WarmGateway>;
  stop(): Promise<void>;
}

/** A gateway in a warm process. */
export interface WarmGateway {
  readonly url: string;
  readonly port: number;
  /** Where its file store is, when no other store was named. */
  readonly folder: string;
  /** It drains, and what it kept in its folder goes. */
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
  const folders = new Set<TemporaryFolder>();
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
    gateway: async (given, options = {}) => {
      const folder = await temporaryFolder();
      folders.add(folder);
      const port = options.port ?? (await freePort());
      const url = `http://localhost:${port}`;
      const shared = { SCANGATE_SECRETS: TEST_SECRETS, SCANGATE_PHONE_IDENTITY: 'demo' };
      const usual = {
        PORT: String(port),
        SCANGATE_PUBLIC_URL: url,
        SCANGATE_STORE: `file:${join(folder.path, 'store')}`,
        SCANGATE_ADMIN_LISTEN: 'off',
        SCANGATE_LIMITS: 'off',
        SCANGATE_DRAIN_WAIT: 'PT0S',
        SCANGATE_DRAIN_WINDOW: 'PT0.2S',
        SCANGATE_LOG_LEVEL: 'silent',
        ...(given['SCANGATE_STORE']?.startsWith('redis') === true ? shared : {}),
      };
      const settings = Object.entries({ ...usual, ...given }).filter(([, value]) => value !== undefined);
      const env = Object.fromEntries(settings) as Record<string, string>;
      const { status, stderr } = await ask({ work: 'start', stays: true }, env, folder.path);
      if (status !== 0) throw new Error(`the gateway was not ready:\n${stderr}`);
      const stop = async (): Promise<void> => {
        await ask({ work: 'leave', port: String(port) }, {});
        folders.delete(folder);
        await folder.remove();
      };
      return { url, port, folder: folder.path, stop };
    },
    stop: async () => {
      kill();
      await ended;
      for (const folder of folders) await folder.remove();
    },
  };
}
