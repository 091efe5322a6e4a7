import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { join } from 'node:path';
import { built } from './built.ts';
import { freePort, startChild } from './child.ts';
import type { Child, Ending } from './child.ts';
import { temporaryFolder } from './folder.ts';
import { underPath } from './under-path.ts';
import { until } from './until.ts';

/** How a gateway is started; a free port, a file store in a new folder and no limits by default. */
export interface GatewayOptions {
  /** Settings over the default ones; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly port?: number;
  /** Where the gateway is built; this checkout's `dist/main.js` by default. */
  readonly main?: string;
  /** A program that starts the gateway in its own place (`exec`), with its arguments: another disk. */
  readonly under?: readonly string[];
  /** What that file is called with. */
  readonly args?: readonly string[];
  /** Until ready; by default nearly as long as a test may take. */
  readonly withinMs?: number;
}

/** The real built process, on a port of its own. */
export interface Gateway {
  /** Its address, `http://localhost:<port>`; with TLS `https://`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** The folder it was started in and, by default, keeps its store in. */
  readonly folder: string;
  readonly exited: Promise<Ending>;
  isRunning(): boolean;
  /** Everything that every process of it has printed, to search for secrets. */
  output(): { readonly stdout: string; readonly stderr: string };
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL; the folder stays for {@link Gateway.restart}. */
  kill(): Promise<Ending>;
  /** A new process with the same settings and folder, once the old one has ended (SIGTERM); waits until ready. */
  restart(): Promise<void>;
  /** SIGTERM, and how it ended. Removes the folder when it was made here. */
  stop(): Promise<Ending>;
}

/** Secrets of tests with a shared store: two gateways must have the same. */
export const TEST_SECRETS = Buffer.alloc(32, 'scangate test secret ').toString('base64url');

const MAIN = built('main.js');
/** Just within the time of a test: no test is about how soon a gateway is ready. */
const READY_WITHIN_MS = 110_000;
/** What a gateway says once it listens, an older release in words; on a port that another took, that other would answer. */
const LISTENS = /"msg":"listening"|^Scangate is ready/m;
/** Levels of the log at which it says so. */
const TOLD_AT: readonly (string | undefined)[] = [undefined, 'info', 'debug', 'trace'];
const TRIES = 3;

/** Starts a gateway and waits for `/readyz`. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const made = options.cwd === undefined ? await temporaryFolder() : undefined;
  const folder = options.cwd ?? made!.path;
  const place = await underPath();
  const below = place === undefined ? {} : { SCANGATE_PUBLIC_URL: `${place.url}/` };
  const first = await launchOnFreePort({ ...options, env: { ...below, ...options.env } }, folder);
  const { port, env } = first;
  let { child } = first;
  await place?.lead(port);
  const url = place?.url ?? addressOf(env, port);
  const printed = { stdout: '', stderr: '' };

  const output = (): { stdout: string; stderr: string } => {
    const now = child.output();
    return { stdout: printed.stdout + now.stdout, stderr: printed.stderr + now.stderr };
  };
  return {
    url,
    port,
    get pid() {
      return child.pid;
    },
    folder,
    get exited() {
      return child.exited;
    },
    isRunning: () => child.isRunning(),
    output,
    signal: (signal) => child.signal(signal),
    kill: () => child.kill(),
    restart: async () => {
      await child.stop();
      Object.assign(printed, output());
      child = await launch(options, env, folder, port);
    },
    stop: async () => {
      const ending = await child.stop();
      await place?.stop();
      await made?.remove();
      return ending;
    },
  };
}

/** What a gateway refused to start with: its exit status and what it printed. */
export async function refusedStart(
  options: GatewayOptions = {},
): Promise<Ending & { readonly stdout: string; readonly stderr: string }> {
  const made = await temporaryFolder();
  const folder = options.cwd ?? made.path;
  const port = options.port ?? (await freePort());
  const child = startChild(process.execPath, [options.main ?? MAIN, ...(options.args ?? [])], {
    env: environment(options, port, folder),
    cwd: folder,
  });
  try {
    await until(() => !child.isRunning(), {
      withinMs: options.withinMs ?? READY_WITHIN_MS,
      what: 'the refusal to start',
    });
    return { ...(await child.exited), ...child.output() };
  } finally {
    await child.kill();
    await made.remove();
  }
}

/** Nothing of our own settings leaks in; a shared store gets the secrets and the identity it has no default for. */
function environment(options: GatewayOptions, port: number, folder: string): NodeJS.ProcessEnv {
  const outer = Object.entries(process.env).filter(
    ([name]) => !/^(SCANGATE_|HOST$|PORT$|NODE_OPTIONS$)/.test(name),
  );
  const store = options.env?.['SCANGATE_STORE'] ?? `file:${join(folder, 'store')}`;
  const shared = { SCANGATE_SECRETS: TEST_SECRETS, SCANGATE_PHONE_IDENTITY: 'demo' };
  const usual = {
    PORT: String(port),
    SCANGATE_PUBLIC_URL: addressOf(options.env ?? {}, port),
    SCANGATE_STORE: store,
    SCANGATE_ADMIN_LISTEN: 'off',
    SCANGATE_LIMITS: 'off',
    SCANGATE_DRAIN_WAIT: 'PT0S',
    SCANGATE_DRAIN_WINDOW: 'PT0.2S',
    ...(store.startsWith('file:') || options.env?.['SCANGATE_SECRETS_FILE'] !== undefined
      ? {}
      : { ...shared }),
  };
  const all = { ...Object.fromEntries(outer), ...usual, ...options.env };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function addressOf(env: NodeJS.ProcessEnv, port: number): string {
  return `http${env['SCANGATE_TLS_CERT'] === undefined ? '' : 's'}://localhost:${port}`;
}

/** Asks at the IPv4 address, whoever made the certificate. */
function isReady(url: string): Promise<boolean> {
  const send = url.startsWith('https:') ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const asked = { agent: false, family: 4, timeout: 2000, rejectUnauthorized: false };
    const request = send(url, asked, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    request.on('timeout', () => request.destroy(new Error('no answer from /readyz')));
    request.on('error', reject);
    request.end();
  });
}

/** Another process may take a free port before the gateway does. */
async function launchOnFreePort(
  options: GatewayOptions,
  folder: string,
): Promise<{ readonly child: Child; readonly port: number; readonly env: NodeJS.ProcessEnv }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const env = environment(options, port, folder);
    try {
      return { child: await launch(options, env, folder, port), port, env };
    } catch (error) {
      if (attempt === TRIES || options.port !== undefined || !/EADDRINUSE/.test(String(error))) throw error;
    }
  }
}

async function launch(
  options: GatewayOptions,
  env: NodeJS.ProcessEnv,
  folder: string,
  port: number,
): Promise<Child> {
  const run = [...(options.under ?? []), process.execPath, options.main ?? MAIN, ...(options.args ?? [])];
  const child = startChild(run[0]!, run.slice(1), { env, cwd: folder });
  const isTold = TOLD_AT.includes(env['SCANGATE_LOG_LEVEL']);
  const tell = (): string => Object.values(child.output()).join('');
  try {
    await until(
      async () => {
        if (!child.isRunning()) return true;
        if (isTold && !LISTENS.test(child.output().stdout)) return false;
        return await isReady(`${addressOf(env, port)}/readyz`);
      },
      { withinMs: options.withinMs ?? READY_WITHIN_MS, everyMs: 20, what: 'a ready gateway' },
    );
  } catch (error) {
    await child.kill();
    throw new Error(`the gateway was not ready:\n${tell()}`, { cause: error });
  }
  if (!child.isRunning()) throw new Error(`the gateway ended before it was ready:\n${tell()}`);
  return child;
}
