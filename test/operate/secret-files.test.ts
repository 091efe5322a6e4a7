import { randomBytes } from 'node:crypto';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const [FIRST, SECOND, THIRD] = [1, 2, 3].map(() => randomBytes(32).toString('base64url')) as [
  string,
  string,
  string,
];
const [OLD_PASSWORD, NEW_PASSWORD] = ['old-password-of-redis', 'new-password-of-redis'];
const REPAIRED_PASSWORD = 'Repaired7/Kw4x@Zt9y';
const [OLD_INITIAL, NEW_INITIAL] = ['old-initial-access-token', 'new-initial-access-token'];
const [OLD_TOKEN, NEW_TOKEN] = ['old-token-of-operators', 'new-token-of-operators'];

let redis: Redis;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let gateway: Gateway;
let admin: string;
let versions = 0;

/** Puts all files anew, as Kubernetes does: in a folder of their own, to which a link is then swapped. */
async function put(files: Readonly<Record<string, string>>): Promise<void> {
  versions += 1;
  const version = `..${versions}`;
  await mkdir(join(folder.path, version));
  for (const [name, text] of Object.entries(files))
    await writeFile(join(folder.path, version, name), text, { mode: 0o600 });
  await symlink(version, join(folder.path, '..next'));
  await rename(join(folder.path, '..next'), join(folder.path, '..data'));
}

const address = (password: string): string => redis.url.replace('//', `//gateway:${password}@`);
const files = { secrets: FIRST, store: '', token: OLD_TOKEN, initial: OLD_INITIAL };

beforeAll(async () => {
  [redis, folder] = await Promise.all([startRedis(), temporaryFolder()]);
  await redis.ask('ACL', 'SETUSER', 'gateway', 'on', `>${OLD_PASSWORD}`, '~*', '&*', '+@all');
  files.store = address(OLD_PASSWORD);
  await put(files);
  for (const name of Object.keys(files)) await symlink(join('..data', name), join(folder.path, name));
  admin = `127.0.0.1:${await freePort()}`;
  gateway = await startGateway({
    env: {
      SCANGATE_PHONE_IDENTITY: 'demo',
      SCANGATE_STORE: undefined,
      SCANGATE_STORE_FILE: join(folder.path, 'store'),
      SCANGATE_SECRETS: undefined,
      SCANGATE_SECRETS_FILE: join(folder.path, 'secrets'),
      SCANGATE_ADMIN_LISTEN: admin,
      SCANGATE_ADMIN_TOKEN_FILE: join(folder.path, 'token'),
      SCANGATE_REGISTRATION_TOKEN_FILE: join(folder.path, 'initial'),
    },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([redis?.stop(), folder?.remove()]);
});

async function keyCount(): Promise<number> {
  const { body } = await call<{ readonly keys: readonly unknown[] }>(`${gateway.url}/oauth/jwks`);
  return body.keys.length;
}

async function userInfo(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await call(`${gateway.url}/oauth/userinfo`, { headers })).status;
}

const SOON = { withinMs: 30_000, everyMs: 100 };

test('secrets rotate without a restart: by SIGHUP, and by a swapped link that nobody tells of', async () => {
  const one = await keyCount();
  const before = await signIn(gateway.url, { mint: { scope: 'openid' } });
  await put({ ...files, secrets: `${SECOND},${FIRST}` });
  gateway.signal('SIGHUP');
  await until(async () => (await keyCount()) === 2 * one, { ...SOON, what: 'the keys of two secrets' });
  expect(await userInfo(before.tokens.access_token)).toBe(200);
  const between = await signIn(gateway.url, { mint: { scope: 'openid' } });

  await put({ ...files, secrets: SECOND });
  await until(async () => (await keyCount()) === one, {
    ...SOON,
    what: 'the keys of the newer secret alone',
  });
  expect(await userInfo(before.tokens.access_token)).toBe(401);
  expect(await userInfo(between.tokens.access_token)).toBe(200);
  files.secrets = SECOND;
});

test('what is no secret changes nothing, and the log says so without a word of it', async () => {
  await put({ ...files, secrets: `${THIRD}x` });
  gateway.signal('SIGHUP');
  const said = (): boolean => gateway.output().stdout.includes('the secrets stay as they were');
  await until(() => said(), { ...SOON, what: 'the line in the log' });
  await signIn(gateway.url);
  expect(gateway.output().stdout).not.toContain(THIRD);
  await put(files);
});

test('a password of Redis that changes is used by the next connection', async () => {
  await redis.ask('ACL', 'SETUSER', 'gateway', 'resetpass', `>${NEW_PASSWORD}`);
  files.store = address(NEW_PASSWORD);
  await put(files);
  gateway.signal('SIGHUP');
  await redis.ask('CLIENT', 'KILL', 'USER', 'gateway');
  await until(async () => (await signIn(gateway.url).catch(() => undefined)) !== undefined, {
    ...SOON,
    what: 'a sign-in over new connections',
  });
});

/** Has it read again what is there, and all of its connections to Redis made anew. */
async function reconnect(): Promise<void> {
  gateway.signal('SIGHUP');
  await redis.ask('CLIENT', 'KILL', 'USER', 'gateway');
  await until(async () => (await signIn(gateway.url).catch(() => undefined)) !== undefined, {
    ...SOON,
    what: 'a sign-in over new connections',
  });
}

async function saysOf(mistake: RegExp): Promise<void> {
  await until(() => mistake.test(gateway.output().stdout), { ...SOON, what: `${mistake} in the log` });
}

test('an address of the store that cannot be used is said, without its password, and the one before counts', async () => {
  await put({ ...files, store: address(REPAIRED_PASSWORD) });
  gateway.signal('SIGHUP');
  await saysOf(/"mistake":"SCANGATE_STORE: [^"]*percent-encode/);
  await reconnect();
  await put({ ...files, store: `file:${join(folder.path, 'other')}` });
  gateway.signal('SIGHUP');
  await saysOf(/"mistake":"SCANGATE_STORE: [^"]*another kind/);
  await put({ ...files, store: redis.url.replace('redis:', 'redis+cluster:') });
  gateway.signal('SIGHUP');
  await until(() => gateway.output().stdout.split('another kind').length === 3, {
    ...SOON,
    what: 'the same of a Cluster',
  });
  await reconnect();

  await redis.ask('ACL', 'SETUSER', 'gateway', 'resetpass', `>${REPAIRED_PASSWORD}`);
  files.store = address(encodeURIComponent(REPAIRED_PASSWORD));
  await put(files);
  await reconnect();
  expect(gateway.isRunning()).toBe(true);
});

test('an initial access token that changes counts at once, and one that can be guessed does not', async () => {
  const register = async (token: string): Promise<number> => {
    const json = { redirect_uris: ['https://app.example/cb'], token_endpoint_auth_method: 'none' };
    const headers = { authorization: `Bearer ${token}` };
    return (await call(`${gateway.url}/oauth/register`, { json, headers })).status;
  };
  expect(await register(OLD_INITIAL)).toBe(201);
  files.initial = NEW_INITIAL;
  await put(files);
  gateway.signal('SIGHUP');
  await until(async () => (await register(NEW_INITIAL)) === 201, { ...SOON, what: 'the new token' });
  expect(await register(OLD_INITIAL)).toBe(401);
  await put({ ...files, initial: 'short' });
  gateway.signal('SIGHUP');
  await saysOf(/"mistake":"SCANGATE_REGISTRATION_TOKEN: must have 20 characters/);
  expect(await register('short')).toBe(401);
  await put(files);
});

test('a rotation that keeps no secret of before is warned of', async () => {
  expect(gateway.output().stdout).not.toContain('no secret of before is kept');
  files.secrets = THIRD;
  await put(files);
  gateway.signal('SIGHUP');
  await saysOf(/"level":"?(?:40|warn)"?,.*no secret of before is kept/);
  await saysOf(/"security":\{"kind":"key_rotation","reason":"no_secret_kept"\}/);
});

test('a token of operators that changes counts, and no secret is ever logged', async () => {
  await put({ ...files, token: NEW_TOKEN });
  gateway.signal('SIGHUP');
  const status = async (token: string): Promise<number> =>
    (await call(`http://${admin}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status;
  await until(async () => (await status(NEW_TOKEN)) === 200, { ...SOON, what: 'the new token' });
  expect(await status(OLD_TOKEN)).toBe(401);
  const { stdout, stderr } = gateway.output();
  const passwords = [OLD_PASSWORD, NEW_PASSWORD, ...REPAIRED_PASSWORD.split(/[/@]/)];
  const tokens = [OLD_TOKEN, NEW_TOKEN, OLD_INITIAL, NEW_INITIAL];
  for (const secret of [FIRST, SECOND, THIRD, ...passwords, ...tokens])
    expect(stdout + stderr).not.toContain(secret);
  expect(gateway.isRunning()).toBe(true);
});
