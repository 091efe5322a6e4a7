import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { demoIdentity } from '../../src/phone/demo.ts';
import { phoneIdentities } from '../../src/phone/identities.ts';
import { call, expectStatus } from '../support/call.ts';
import { mint, readScanCode, scan } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { EdgeTestOptions, RunningEdge } from '../http/fixture.ts';

const LAN = 'http://192.168.1.20:8080';
const NAMED = { SCANGATE_PHONE_IDENTITY: 'demo' };

test.each([
  ['everyone', { HOST: '0.0.0.0' }],
  ['everyone over IPv6', { HOST: '::' }],
  ['everyone, under a private address', { HOST: '0.0.0.0', SCANGATE_PUBLIC_URL: LAN }],
  ['a private address', { HOST: '192.168.1.20' }],
  ['a public address', { HOST: '203.0.113.5' }],
  ['a name', { HOST: 'gateway.example' }],
])('attack: demo does not start for %s unless it is named', (_who, env) => {
  expect(() => readConfig(env)).toThrow(/HOST.*demo lets anyone be anyone/);
  expect(readConfig({ ...env, ...NAMED }).phoneIdentities).toEqual(['demo']);
});

test.each([
  ['loopback', {}],
  ['loopback over IPv6', { HOST: '::1' }],
  ['loopback under a private address, as behind a proxy', { SCANGATE_PUBLIC_URL: LAN }],
])('demo starts for %s without being named', (_who, env) => {
  expect(readConfig(env).phoneIdentities).toEqual(['demo']);
});

test.each(['https://gateway.example', 'http://203.0.113.5:8080'])(
  'attack: demo does not start under %s',
  (url) => {
    for (const env of [{}, NAMED, { ...NAMED, HOST: '0.0.0.0' }])
      expect(() => readConfig({ ...env, SCANGATE_PUBLIC_URL: url })).toThrow(
        /SCANGATE_PHONE_IDENTITY.*demo lets/,
      );
  },
);

test.each([{ HOST: '0.0.0.0' }, { HOST: '192.168.1.20' }])(
  'attack: limits are not lifted for who can reach %j',
  (env) => {
    expect(() => readConfig({ ...env, ...NAMED, SCANGATE_LIMITS: 'off' })).toThrow(
      /SCANGATE_LIMITS.*loopback/,
    );
  },
);

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge({ env: { SCANGATE_TRUSTED_PROXIES: '127.0.0.1' } });
});
afterAll(() => edge.stop());

/** Lets every connection to another edge come from there while it is asked. */
async function askFrom(peer: string, ask: (url: string) => Promise<void>, options: EdgeTestOptions = {}) {
  const far = await startEdge(options);
  const accepted = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    Object.defineProperty(socket, 'remoteAddress', { value: peer });
  };
  subscribe('net.server.socket', accepted);
  await ask(far.url).finally(() => unsubscribe('net.server.socket', accepted));
  await far.stop();
}

const PATHS = ['/', '/device', '/oauth/jwks', '/docs', '/livez', '/nothing'];

test.each([
  ['a public address', '203.0.113.7', {}],
  ['a public address over IPv6', '2001:db8::7', {}],
  [
    'one that claims to be near',
    '203.0.113.7',
    { 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1' },
  ],
])('attack: a gateway with demo phones answers nothing to %s', async (_who, peer, headers) => {
  await askFrom(peer, async (url) => {
    for (const path of PATHS) expect((await call(`${url}${path}`, { headers })).status).toBe(400);
    const pretend = await call(`${url}/demo/phone`, { form: { name: 'mallory' }, headers });
    expect([pretend.status, pretend.headers.getSetCookie()]).toEqual([400, []]);
    expect((await scan(url, 'x', 'mallory')).status).toBe(400);
  });
});

test('it answers strangers once its phones are real', async () => {
  const real = phoneIdentities([{ ...demoIdentity(NO_SESSIONS, Date.now), source: 'jwt' }]);
  const open = async (url: string): Promise<void> => {
    expect((await call(`${url}/device`)).status).toBe(200);
  };
  await askFrom('203.0.113.7', open, { over: { phones: real } });
});

const NO_SESSIONS = {
  issue: () => '',
  read: () => undefined,
  roundOf: () => undefined,
  issuedAt: () => undefined,
  lifeMs: 0,
};

test('it answers whom a near proxy forwards, listed or not', async () => {
  for (const from of ['192.168.1.77', '203.0.113.7']) {
    const headers = { 'x-forwarded-for': from };
    for (const path of PATHS.slice(0, 5))
      expect([path, (await call(`${edge.url}${path}`, { headers })).status]).toEqual([path, 200]);
    const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined, headers });
    const scanned = expectStatus(await scan(edge.url, readScanCode(ticket.notice), 'ada'), 201);
    expect(scanned).toMatchObject({ browser: { ip: from, same_network: false } });
  }
  const unlisted = await startEdge();
  const { status } = await call(`${unlisted.url}/livez`, { headers: { 'x-forwarded-for': '203.0.113.7' } });
  expect(status).toBe(200);
  await unlisted.stop();
});

test('limits that are off are off for everyone, and on they are for everyone', async () => {
  const statuses = async (limits: string): Promise<number[]> => {
    const env = { SCANGATE_LIMITS: limits, SCANGATE_TOKENS_PER_MINUTE: '2' };
    const { url, stop } = await startEdge({ env: { SCANGATE_TRUSTED_PROXIES: '127.0.0.1', ...env } });
    const seen: number[] = [];
    for (const from of ['192.168.1.77', '127.0.0.9', '203.0.113.7'])
      for (let count = 0; count < 4; count += 1) {
        const asked = { form: { grant_type: 'x' }, headers: { 'x-forwarded-for': from } };
        seen.push((await call(`${url}/oauth/token`, asked)).status);
      }
    await stop();
    return seen;
  };
  expect((await statuses('off')).filter((status) => status === 429)).toEqual([]);
  expect((await statuses('on')).filter((status) => status === 429)).toHaveLength(6);
});
