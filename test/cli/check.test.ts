import { existsSync, readdirSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeCertificate } from '../delivery/front.ts';
import { temporaryFolder } from '../support/folder.ts';
import { TEST_SECRETS, startGateway } from '../support/gateway.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { scangate } from '../support/scangate.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm } from '../support/warm.ts';

const PASSWORD = 'a-password-of-redis';

let redis: Redis;
let warm: Warm;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  warm = startWarm();
  [redis, folder] = await Promise.all([startRedis(), temporaryFolder()]);
  await redis.ask('ACL', 'SETUSER', 'gateway', 'on', `>${PASSWORD}`, '~*', '&*', '+@all');
  await redis.ask(
    'ACL',
    'SETUSER',
    'lesser',
    'on',
    `>${PASSWORD}`,
    '~*',
    '&*',
    '+@all',
    '-fcall',
    '-function',
  );
});

afterAll(async () => {
  await Promise.all([redis?.stop(), warm.stop(), folder?.remove()]);
});

interface Checked {
  readonly status: number | null;
  readonly text: string;
}

interface Report {
  readonly starts: boolean;
  readonly settings: readonly { readonly name: string; readonly value?: string; readonly source: string }[];
  readonly risks: readonly string[];
  readonly problems: readonly string[];
  readonly servers: readonly Readonly<Record<string, unknown>>[];
}

async function check(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Checked> {
  const { status, stdout, stderr } = await warm.scangate(['check', ...args], env, folder.path);
  return { status, text: stdout + stderr };
}

async function report(env: Readonly<Record<string, string>>): Promise<Report> {
  return JSON.parse((await check(env, '--json')).text) as Report;
}

async function secretFile(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, `${text}\n`);
  await chmod(path, mode);
  return path;
}

const at = (user: string): string => redis.url.replace('//', `//${user}:${PASSWORD}@`);
const shared = { SCANGATE_SECRETS: TEST_SECRETS, SCANGATE_PHONE_IDENTITY: 'demo', PORT: '0' };

test('out of the box: every setting with its source, and what is risky', async () => {
  const { status, text } = await check({
    PORT: '0',
    SCANGATE_TICKET_LIFE: 'PT1M',
    SCANGATE_TICKET_LIVE: 'PT1M',
  });
  expect(status).toBe(0);
  expect(text).toMatch(/^ {2}SCANGATE_TICKET_LIFE +PT1M +environment$/m);
  expect(text).toMatch(/^ {2}SCANGATE_PUBLIC_URL +http:\/\/localhost:0\/ +default$/m);
  expect(text).toMatch(/^ {2}SCANGATE_ADMIN_LISTEN +127\.0\.0\.1:0 +default$/m);
  expect(text).toContain('demo lets anyone who reaches this gateway be anyone');
  expect(text).toContain('SCANGATE_TICKET_LIVE: there is no such setting');
  expect(text).toContain('A gateway would start.');
});

test('an address that is taken keeps a gateway from starting, but for the default one of operators', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const line = `something listens on 127.0.0.1:${port} already`;
  const env = { SCANGATE_ADMIN_LISTEN: 'off' };
  const beside = await check({ ...env, PORT: String(port) });
  expect(beside.status).toBe(1);
  expect(beside.text).toContain(`A gateway would not start:\n  PORT: ${line}\n`);
  expect(beside.text).not.toContain('A gateway would start.');
  const named = await report({ PORT: '0', SCANGATE_ADMIN_LISTEN: `127.0.0.1:${port}` });
  expect(named.problems).toEqual([`SCANGATE_ADMIN_LISTEN: ${line}`]);
  const usual = await report({ PORT: String(port - 1000) });
  expect(usual.risks).toContainEqual(`SCANGATE_ADMIN_LISTEN: ${line}`);
  expect(usual.problems).not.toContainEqual(`SCANGATE_ADMIN_LISTEN: ${line}`);
  taken.close();
  const elsewhere = await report({ ...env, HOST: '192.0.2.1', SCANGATE_PHONE_IDENTITY: 'demo' });
  expect(elsewhere.problems).toContainEqual('PORT: 192.0.2.1:8080 cannot be listened on: EADDRNOTAVAIL');
  expect(elsewhere.starts).toBe(false);
});

test('a file store: its folder, format and free disk, and who has it', async () => {
  const store = join(folder.path, 'kept');
  const settings = { SCANGATE_STORE: `file:${store}`, SCANGATE_ADMIN_LISTEN: 'off' };
  const env = { ...settings, PORT: '0' };
  const before = await check(env);
  expect(before.status).toBe(0);
  expect(before.text).toMatch(
    new RegExp(`^File store\n  ${store}: nothing there yet, not in use, \\d+ MB free$`, 'm'),
  );
  expect(existsSync(store)).toBe(false);
  const gateway = await startGateway({ env: settings });
  const during = await check(env);
  expect(during.status).toBe(1);
  expect(during.text).toMatch(/: format 1, in use, \d+ MB free$/m);
  expect(during.text).toContain(`SCANGATE_STORE: another process, such as a gateway that runs, has ${store}`);
  expect(during.text).not.toContain('A gateway would start.');
  await gateway.stop();
  const files = readdirSync(store);
  const after = await report(env);
  expect(after).toMatchObject({ starts: true, folder: { folder: store, format: 1, isInUse: false } });
  expect(readdirSync(store)).toEqual(files);
  await writeFile(join(store, 'secrets'), 'none\n');
  expect((await report(env)).problems).toEqual([
    `SCANGATE_STORE: ${store}/secrets: number 1 is not 32 bytes in base64url`,
  ]);
  await writeFile(join(store, 'data.mdb'), 'no database');
  expect((await report(env)).problems[0]).toMatch(/^SCANGATE_STORE: the store's file is damaged/);
  expect((await report({ ...env, SCANGATE_STORE: `file:${store}/secrets` })).problems).toEqual([
    `SCANGATE_STORE: ${store}/secrets is not a folder`,
  ]);
});

test('a Redis: its version, policy, rights and clock, and nothing secret', async () => {
  const store = await secretFile('store', at('gateway'));
  const env = { ...shared, SCANGATE_STORE_FILE: store };
  const { status, text } = await check(env);
  expect({ status, text }).toEqual({ status: 0, text: expect.any(String) });
  expect(text).toMatch(
    /: master, Redis [78][\d.]+, noeviction, its user may do all that is needed, clock -?\d+ ms/,
  );
  expect(text).toMatch(new RegExp(`^ {2}SCANGATE_STORE +\\(set\\) +file ${store}$`, 'm'));
  const json = await check(env, '--json');
  for (const secret of [PASSWORD, TEST_SECRETS]) {
    expect(text).not.toContain(secret);
    expect(json.text).not.toContain(secret);
  }
});

test('what a gateway would not start with is named, and the status tells', async () => {
  const lesser = await report({ ...shared, SCANGATE_STORE: at('lesser') });
  expect(lesser.problems).toEqual([
    expect.stringMatching(/its user may not fcall, function\|list, function\|load$/),
  ]);
  expect(JSON.stringify(lesser)).not.toContain(PASSWORD);
  await redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  // In a process of its own, once: its status is the command's.
  const wasteful = await scangate(['check'], { ...shared, SCANGATE_STORE: redis.url });
  await redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  expect(wasteful.status).toBe(1);
  expect(wasteful.stdout).toContain('its maxmemory-policy is allkeys-lru, and must be noeviction');
});

test.each<readonly [string, () => Promise<Record<string, string>>, RegExp]>([
  [
    'a Redis that is not there',
    async () => ({ ...shared, SCANGATE_STORE: 'redis://127.0.0.1:1' }),
    /SCANGATE_STORE: no Redis/,
  ],
  [
    'a phone source without what it needs',
    async () => ({ SCANGATE_PHONE_IDENTITY: 'jwt' }),
    /SCANGATE_PHONE_JWT_ISSUER: is needed/,
  ],
  [
    'clients that cannot be read',
    async () => ({ SCANGATE_CLIENTS_FILE: '/none' }),
    /SCANGATE_CLIENTS_FILE: /,
  ],
  ['a bad setting', async () => ({ SCANGATE_TICKET_LIFE: 'soon' }), /SCANGATE_TICKET_LIFE: "soon" is not/],
  [
    'a secret in both places',
    async () => ({
      SCANGATE_USER_STATUS_TOKEN: 'one',
      SCANGATE_USER_STATUS_TOKEN_FILE: await secretFile('both', 'other'),
    }),
    /SCANGATE_USER_STATUS_TOKEN: and SCANGATE_USER_STATUS_TOKEN_FILE are both set/,
  ],
  [
    'a secret that everybody may read',
    async () => ({ SCANGATE_USER_STATUS_TOKEN_FILE: await secretFile('open', 'known', 0o644) }),
    /SCANGATE_USER_STATUS_TOKEN_FILE: can be read or written by every user/,
  ],
  [
    'a secret that is not there',
    async () => ({ SCANGATE_ADMIN_TOKEN_FILE: '/none' }),
    /SCANGATE_ADMIN_TOKEN_FILE: cannot be read \(ENOENT\)/,
  ],
])('%s: status 1 and its name', async (_what, env, why) => {
  const { status, text } = await check(await env());
  expect(status).toBe(1);
  expect(text).toContain('A gateway would not start:');
  expect(text).toMatch(why);
});

test('a certificate for another host, and one that ends soon', async () => {
  const { path, keyPath } = await makeCertificate(folder.path);
  const tls = { SCANGATE_TLS_CERT: path, SCANGATE_TLS_KEY: keyPath };
  const { risks } = await report({ ...tls, SCANGATE_PUBLIC_URL: 'https://other.localhost' });
  expect(risks).toContain('SCANGATE_TLS_CERT: the certificate is not for the host of SCANGATE_PUBLIC_URL');
  expect(risks).toContain('SCANGATE_TLS_CERT: the certificate ends soon');
});
