import { execFile } from 'node:child_process';
import { chmod, chown, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './child.ts';
import { temporaryFolder } from './folder.ts';
import { tool } from './tools.ts';

const run = promisify(execFile);

/** PostgreSQL does not run as root: as this user then. */
const NOBODY = 65_534;
/** The checkout that the program was fetched into may be root's alone. */
const CAPABILITIES = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
const START_MS = 60_000;
const SETTINGS = [
  'fsync=off',
  'full_page_writes=off',
  'unix_socket_directories=',
  'listen_addresses=127.0.0.1',
];

/** A PostgreSQL of a test's own, empty. */
export interface Postgres {
  /** Its only user needs no password; the one in it is none. */
  readonly url: string;
  /** Ends it as a crash would; its data stay. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Certificate and key of a server, as files. */
export interface ServerCertificate {
  readonly path: string;
  readonly keyPath: string;
}

/** Starts one on a free port; with a certificate it takes TLS too. */
export async function startPostgres(certificate?: ServerCertificate): Promise<Postgres> {
  const program = await tool('pg_ctl');
  const folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await chown(folder.path, NOBODY, NOBODY);
  await chmod(folder.path, 0o755);
  const control = async (...args: readonly string[]): Promise<void> => {
    const as = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...CAPABILITIES];
    const [command = program, ...rest] = [...(isRoot ? as : []), program, '-D', data, ...args];
    await run(command, rest, { cwd: folder.path, timeout: START_MS });
  };
  await control('initdb', '-s', '-o', '--no-sync -A trust -U scangate -E UTF8 --locale=C');
  const port = await freePort();
  const tls = certificate === undefined ? [] : await tlsSettings(certificate, data, isRoot);
  const options = [...SETTINGS, ...tls, `port=${port}`].map((setting) => `-c ${setting}`).join(' ');
  const start = (): Promise<void> =>
    control('start', '-s', '-w', '-l', join(folder.path, 'log'), '-o', options);
  let pid = 0;
  const launch = async (): Promise<void> => {
    await start();
    pid = Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  };
  await launch();
  const end = (): void => {
    if (pid > 0) process.kill(pid, 'SIGQUIT');
  };
  process.once('exit', end);
  const kill = async (): Promise<void> => {
    pid = 0;
    await control('stop', '-s', '-w', '-m', 'immediate');
  };
  return {
    url: `postgres://scangate:none@127.0.0.1:${port}/postgres`,
    kill,
    restart: launch,
    async stop() {
      process.off('exit', end);
      if (pid > 0) await kill();
      await folder.remove();
    },
  };
}

/** It takes a key only of its own user, and that nobody else may read. */
async function tlsSettings(
  { path, keyPath }: ServerCertificate,
  data: string,
  isRoot: boolean,
): Promise<readonly string[]> {
  const [cert, key] = [join(data, 'server.crt'), join(data, 'server.key')] as const;
  await copyFile(path, cert);
  await copyFile(keyPath, key);
  await chmod(key, 0o600);
  if (isRoot) await Promise.all([cert, key].map((file) => chown(file, NOBODY, NOBODY)));
  return ['ssl=on'];
}
