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
const files = { secrets: FIRST, store: '', token: OLD_TOKEN };

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

const SOON = { withinMs: 20_000, everyMs: 100 };

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

test('so is a token of operators, and no secret is ever logged', async () => {
  await put({ ...files, token: NEW_TOKEN });
  gateway.signal('SIGHUP');
  const status = async (token: string): Promise<number> =>
    (await call(`http://${admin}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status;
  await until(async () => (await status(NEW_TOKEN)) === 200, { ...SOON, what: 'the new token' });
  expect(await status(OLD_TOKEN)).toBe(401);
  const { stdout, stderr } = gateway.output();
  for (const secret of [FIRST, SECOND, OLD_PASSWORD, NEW_PASSWORD, OLD_TOKEN, NEW_TOKEN])
    expect(stdout + stderr).not.toContain(secret);
  expect(gateway.isRunning()).toBe(true);
});
