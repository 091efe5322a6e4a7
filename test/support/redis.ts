import { join } from 'node:path';
import { ask, fieldsOf } from './ask.ts';
import { freePort, startChild, untilPrinted } from './child.ts';
import type { Child, Ending } from './child.ts';
import { temporaryFolder } from './folder.ts';
import { tool } from './tools.ts';

/** How a test's own redis-server differs from an empty one that keeps nothing on disk. */
export interface RedisOptions {
  /** A port to listen on; free by default. */
  readonly port?: number;
  /** Settings of redis.conf by name, over the default ones, several arguments as a list; `{ appendonly: 'yes' }` keeps data over a restart. */
  readonly config?: Readonly<Record<string, string | number | readonly (string | number)[]>>;
  /** Arguments before the settings: a configuration file, `--sentinel`. */
  readonly args?: readonly string[];
  /** A program that starts the server in its own place (`exec`), with its arguments: another clock, another disk. */
  readonly under?: readonly string[];
}

/** A redis-server of a test's own, on a free port and on a socket in its folder. */
export interface Redis {
  /** Database 0 of it. */
  readonly url: string;
  readonly port: number;
  /** The unix socket's path. */
  readonly socket: string;
  readonly folder: string;
  /** Of the process that runs now. */
  readonly pid: number;
  isRunning(): boolean;
  output(): string;
  /** The same server, another database number. */
  database(number: number): string;
  freeze(): void;
  thaw(): void;
  /** SIGKILL by default; the data folder stays for {@link Redis.restart}. */
  kill(signal?: NodeJS.Signals): Promise<Ending>;
  /** A new process on the same port, folder and settings; ends the old one first when it runs. */
  restart(): Promise<void>;
  /** Sends one command over a connection of its own, with a bound of 2 s. */
  ask(command: string, ...args: readonly (string | number)[]): Promise<unknown>;
  /** The fields of `INFO <section>`. */
  info(section: string): Promise<Readonly<Record<string, string>>>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

const READY = /Ready to accept connections|Running mode=sentinel/;
const TRIES = 3;

/** Starts a redis-server and waits until it accepts connections. */
export async function startRedis(options: RedisOptions = {}): Promise<Redis> {
  const program = await tool('redis-server');
  const folder = await temporaryFolder();
  const socket = join(folder.path, 'redis.sock');
  const { child: first, port } = await launchOnFreePort(program, folder.path, socket, options);
  let child = first;

  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<Ending> => {
    child.signal(signal);
    return child.exited;
  };
  return {
    url: `redis://127.0.0.1:${port}/0`,
    port,
    socket,
    folder: folder.path,
    get pid() {
      return child.pid;
    },
    isRunning: () => child.isRunning(),
    output: () => child.output().stdout + child.output().stderr,
    database: (number) => `redis://127.0.0.1:${port}/${number}`,
    freeze: () => child.signal('SIGSTOP'),
    thaw: () => child.signal('SIGCONT'),
    kill,
    ask: (command, ...args) => ask(port, command, ...args),
    info: async (section) => fieldsOf(String(await ask(port, 'INFO', section))),
    restart: async () => {
      await child.stop();
      child = await launch(program, folder.path, socket, port, options);
    },
    stop: async () => {
      await child.kill();
      await folder.remove();
    },
  };
}

/** Another process may take a free port before Redis does. */
async function launchOnFreePort(
  program: string,
  folder: string,
  socket: string,
  options: RedisOptions,
): Promise<{ child: Child; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    try {
      return { child: await launch(program, folder, socket, port, options), port };
    } catch (error) {
      if (attempt === TRIES || options.port !== undefined || !/in use/.test(String(error))) throw error;
    }
  }
}

async function launch(
  program: string,
  folder: string,
  socket: string,
  port: number,
  { args = [], config = {}, under = [] }: RedisOptions,
): Promise<Child> {
  const sentinel = args.includes('--sentinel');
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    ...(sentinel
      ? {}
      : { unixsocket: socket, save: '', appendonly: 'no', 'maxmemory-policy': 'noeviction', databases: 16 }),
    ...config,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [
    `--${name}`,
    ...[value].flat().map(String),
  ]);
  const [command = program, ...rest] = [...under, program, ...args, ...flags];
  const child = startChild(command, rest);
  await untilPrinted(child, READY);
  return child;
}
