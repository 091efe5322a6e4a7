import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { once as happened } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { built } from '../support/built.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { TEST_SECRETS } from '../support/gateway.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';

/**
 * Composes and starts as `main.ts` does, twice, for a folder that was not given free would be refused the second time. It
 * never calls `process.exit`: it ends when nothing is left open.
 */
const PROCESS = `
const { readConfig } = await import(process.argv[1] + '/config/config.js');
const { compose } = await import(process.argv[1] + '/compose/gateway.js');
for (const _time of ['once', 'twice']) {
  try {
    const gateway = await compose(readConfig(process.env));
    await gateway.start();
    console.log('started');
  } catch (error) {
    console.log(error.message);
  }
}
const refusedAt = performance.now();
process.on('exit', () => console.log(Math.round(performance.now() - refusedAt)));
`;

const DIST = dirname(built('main.js'));
const ENDS_WITHIN_MS = 20_000;
/** Less than the time between two looks at the clients' file, and than any call may take. */
const LINGERS_AT_MOST_MS = 4000;

let redis: Redis;
let wasteful: Redis;
let folder: TemporaryFolder;
let taken: Server;
let port: number;

beforeAll(async () => {
  [redis, wasteful, folder] = await Promise.all([startRedis(), startRedis(), temporaryFolder()]);
  await wasteful.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  await writeFile(join(folder.path, 'broken.json'), '[{');
  await mkdir(join(folder.path, 'kept'));
  await writeFile(join(folder.path, 'kept', 'secrets'), 'short\n');
  taken = createServer().listen(0, '127.0.0.1');
  await happened(taken, 'listening');
  ({ port } = taken.address() as AddressInfo);
});

afterAll(async () => {
  taken.close();
  await Promise.all([redis.stop(), wasteful.stop(), folder.remove()]);
});

interface Ended {
  readonly by: string;
  readonly stdout: string;
  readonly stderr: string;
}

async function started(env: Readonly<Record<string, string>>): Promise<Ended> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROCESS, DIST], {
    env: { PATH: process.env['PATH'], PORT: '0', ...env },
    cwd: folder.path,
  });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => (printed[name] += text));
  const late = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
  const [code, signal] = (await happened(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(late);
  return { by: signal === null ? `itself, with ${code}` : signal, ...printed };
}

const onFile = (): Record<string, string> => ({ SCANGATE_STORE: `file:${join(folder.path, 'store')}` });
const onRedis = (): Record<string, string> => ({
  SCANGATE_STORE: redis.url,
  SCANGATE_SECRETS: TEST_SECRETS,
  SCANGATE_PHONE_IDENTITY: 'demo',
});

const AT_STORE: readonly (readonly [string, () => Record<string, string>, RegExp])[] = [
  [
    'clients that cannot be read',
    () => ({ ...onFile(), SCANGATE_CLIENTS_FILE: join(folder.path, 'broken.json') }),
    /^SCANGATE_CLIENTS_FILE: /,
  ],
  [
    'a Redis that is not there, while clients are followed',
    () => ({
      ...onRedis(),
      SCANGATE_STORE: 'redis://127.0.0.1:1',
      SCANGATE_CLIENTS_FILE: join(folder.path, 'none.json'),
    }),
    /ECONNREFUSED|no answer/,
  ],
  ['a Redis that may throw data away', () => ({ ...onRedis(), SCANGATE_STORE: wasteful.url }), /allkeys-lru/],
  [
    'secrets of the folder that are none, once it is open',
    () => ({ SCANGATE_STORE: `file:${join(folder.path, 'kept')}` }),
    /number 1 is not 32 bytes/,
  ],
];

const AFTER_STORE: readonly (readonly [string, () => Record<string, string>, RegExp])[] = [
  [
    'a phone source that lacks what it needs',
    () => ({ SCANGATE_PHONE_IDENTITY: 'jwt' }),
    /^SCANGATE_PHONE_JWT_ISSUER: /,
  ],
  [
    'an address of users that is none',
    () => ({ SCANGATE_USER_STATUS_URL: 'users' }),
    /^SCANGATE_USER_STATUS_URL: /,
  ],
  [
    'a trusted proxy that is none',
    () => ({ SCANGATE_TRUSTED_PROXIES: 'proxy' }),
    /^SCANGATE_TRUSTED_PROXIES: /,
  ],
  ['a port that is taken', () => ({ PORT: String(port) }), /EADDRINUSE/],
  ['a host that is nobody', () => ({ HOST: '10.255.255.254' }), /EADDRNOTAVAIL/],
];

/** Those by which it is told apart whether both stores are closed; the others need but one. */
const ON_BOTH = /proxy|port/;

const STEPS = [
  ...AT_STORE,
  ...AFTER_STORE.map(([what, more, why]) => [what, () => ({ ...onRedis(), ...more() }), why] as const),
  ...AFTER_STORE.filter(([what]) => ON_BOTH.test(what)).map(
    ([what, more, why]) => [`${what}, with a file store`, () => ({ ...onFile(), ...more() }), why] as const,
  ),
];

test.each(STEPS)('%s: the start fails and leaves nothing open', async (_what, env, why) => {
  await writeFile(join(folder.path, 'none.json'), '[]');
  const { by, stdout, stderr } = await started(env());
  expect({ by, stderr }).toEqual({ by: 'itself, with 0', stderr: '' });
  // What weakens a gateway is told before anything of it is opened.
  const [once, twice, lingeredMs] = stdout
    .split('\n')
    .filter((line) => !line.includes('"kind":"weak_setting"'));
  expect(once).toMatch(why);
  expect(twice).toBe(once);
  expect(Number(lingeredMs)).toBeLessThan(LINGERS_AT_MOST_MS);
});
