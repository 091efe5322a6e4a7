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

/** Less than the time between two looks at the clients' file, and than any call may take. */
const LINGERS_AT_MOST_MS = 4000;

/**
 * Composes and starts as `main.ts` does, each case twice, for a folder that was not given free would be refused the second
 * time; then looks until no more is open than was before. It never calls `process.exit`: it ends when nothing is left open.
 */
const PROCESS = `
const { readConfig } = await import(process.argv[1] + '/config/config.js');
const { compose } = await import(process.argv[1] + '/compose/gateway.js');
const usual = { ...process.env };
// Each log hears of the exit.
process.setMaxListeners(0);
console.log('begins');
// Reading a file, and closing one, ends by itself.
const open = () => process.getActiveResourcesInfo().filter((name) => !/^(FSReq|CloseReq)/.test(name)).sort();
for (const env of JSON.parse(process.argv[2])) {
  for (const name of Object.keys(process.env)) if (!(name in usual)) delete process.env[name];
  Object.assign(process.env, usual, env);
  const before = open();
  const told = [];
  for (const _time of ['once', 'twice']) {
    try {
      const gateway = await compose(readConfig(process.env));
      await gateway.start();
      told.push('started');
    } catch (error) {
      told.push(error.message);
    }
  }
  const isLeft = () => open().join() !== before.join();
  const refusedAt = performance.now();
  while (isLeft() && performance.now() - refusedAt < ${LINGERS_AT_MOST_MS})
    await new Promise((resolve) => setTimeout(resolve, 10));
  console.log('case ' + JSON.stringify({ told, left: isLeft() ? open() : before, before }));
}
const doneAt = performance.now();
process.on('exit', () => console.log(Math.round(performance.now() - doneAt)));
`;

const DIST = dirname(built('main.js'));
const ENDS_WITHIN_MS = 100_000;

let redis: Redis;
let wasteful: Redis;
let folder: TemporaryFolder;
let taken: Server;
let port: number;

beforeAll(async () => {
  [redis, wasteful, folder] = await Promise.all([startRedis(), startRedis(), temporaryFolder()]);
  await wasteful.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  await writeFile(join(folder.path, 'broken.json'), '[{');
  await writeFile(join(folder.path, 'none.json'), '[]');
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

interface Case {
  readonly told: readonly string[];
  readonly before: readonly string[];
  readonly left: readonly string[];
}

interface Ended {
  readonly by: string;
  readonly cases: readonly Case[];
  readonly lingeredMs: number;
  readonly stderr: string;
}

async function started(envs: readonly Readonly<Record<string, string>>[]): Promise<Ended> {
  const args = ['--input-type=module', '-e', PROCESS, DIST, JSON.stringify(envs)];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], PORT: '0' },
    cwd: folder.path,
  });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => (printed[name] += text));
  const late = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
  const [code, signal] = (await happened(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(late);
  // What weakens a gateway is told before anything of it is opened.
  const lines = printed.stdout
    .split('\n')
    .filter((line) => line !== '' && line !== 'begins' && !line.includes('"kind":"weak_setting"'));
  const cases = lines.slice(0, -1).map((line) => JSON.parse(line.replace(/^case /, '')) as Case);
  const by = signal === null ? `itself, with ${code}` : signal;
  return { by, cases, lingeredMs: Number(lines.at(-1)), stderr: printed.stderr };
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

let ended: Ended;

beforeAll(async () => {
  ended = await started(STEPS.map(([_what, env]) => env()));
});

test('a process of nothing but starts that fail ends by itself, and at once', () => {
  const { by, stderr, lingeredMs } = ended;
  expect({ by, stderr }).toEqual({ by: 'itself, with 0', stderr: '' });
  expect(lingeredMs).toBeLessThan(LINGERS_AT_MOST_MS);
  expect(ended.cases).toHaveLength(STEPS.length);
});

test.each(STEPS.map(([what, _env, why], index) => [what, why, index] as const))(
  '%s: the start fails and leaves nothing open',
  (_what, why, index) => {
    const { told, before, left } = ended.cases[index]!;
    const [once, twice] = told;
    expect(once).toMatch(why);
    expect(twice).toBe(once);
    expect(left).toEqual(before);
  },
);
