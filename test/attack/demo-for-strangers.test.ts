import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { demoIdentity } from '../../src/phone/demo.ts';
import { phoneIdentities } from '../../src/phone/identities.ts';
import { call } from '../support/call.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

const PRIVATE = { HOST: '0.0.0.0', SCANGATE_PUBLIC_URL: 'http://192.168.1.20:8080' };

test.each([
  ['everyone, nothing else said', { HOST: '0.0.0.0' }],
  ['everyone over IPv6', { HOST: '::' }],
  ['a public address', { HOST: '203.0.113.5' }],
  ['a public address, although wanted', { HOST: '203.0.113.5', SCANGATE_PHONE_IDENTITY: 'demo' }],
  ['a name', { HOST: 'gateway.example' }],
  ['a public address under a private one', { ...PRIVATE, HOST: '203.0.113.5' }],
])('attack: demo does not start for %s', (_who, env) => {
  expect(() => readConfig(env)).toThrow(/HOST.*demo lets anyone be anyone/);
});

test.each([
  ['loopback', {}],
  ['loopback over IPv6', { HOST: '::1' }],
  ['a private address', { HOST: '192.168.1.20' }],
  ['everyone, under a private address', PRIVATE],
  ['everyone, where it is wanted', { HOST: '0.0.0.0', SCANGATE_PHONE_IDENTITY: 'demo' }],
])('demo starts for %s', (_who, env) => {
  expect(readConfig(env).phoneIdentities).toEqual(['demo']);
});

test.each([{ HOST: '0.0.0.0', SCANGATE_PHONE_IDENTITY: 'demo' }, { HOST: '192.168.1.20' }])(
  'attack: limits are not lifted for who can reach %j',
  (env) => {
    expect(() => readConfig({ ...env, SCANGATE_LIMITS: 'off' })).toThrow(/SCANGATE_LIMITS.*loopback/);
  },
);

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge({ env: { SCANGATE_TRUSTED_PROXIES: '127.0.0.1' } });
});
afterAll(() => edge.stop());

const PATHS = ['/', '/device', '/oauth/jwks', '/docs', '/nothing'];

test.each([
  ['a public address', { 'x-forwarded-for': '203.0.113.7' }],
  ['a public address over IPv6', { forwarded: 'for="[2001:db8::7]"' }],
  ['one that says two things', { 'x-forwarded-for': '203.0.113.7', 'x-real-ip': '127.0.0.1' }],
])('attack: a gateway with demo phones answers nothing to %s', async (_who, headers) => {
  for (const path of PATHS)
    expect((await call(`${edge.url}${path}`, { headers })).status).toBeGreaterThanOrEqual(400);
  const pretend = await call(`${edge.url}/demo/phone`, { form: { name: 'mallory' }, headers });
  expect([pretend.status, pretend.headers.getSetCookie()]).toEqual([400, []]);
  const scan = { headers: { ...headers, authorization: 'Bearer demo-mallory' }, json: { scan_code: 'x' } };
  expect((await call(`${edge.url}/v1/scans`, scan)).status).toBe(400);
});

test('it answers a phone on its network, and strangers too once its phones are real', async () => {
  const near = { 'x-forwarded-for': '192.168.1.77' };
  for (const path of PATHS.slice(0, 4))
    expect((await call(`${edge.url}${path}`, { headers: near })).status).toBe(200);
  const real = await startEdge({
    env: { SCANGATE_TRUSTED_PROXIES: '127.0.0.1' },
    over: { phones: phoneIdentities([{ ...demoIdentity(NO_SESSIONS), source: 'jwt' }]) },
  });
  expect((await call(`${real.url}/device`, { headers: { 'x-forwarded-for': '203.0.113.7' } })).status).toBe(
    200,
  );
  await real.stop();
});

const NO_SESSIONS = { issue: () => '', read: () => undefined, issuedAt: () => undefined, lifeMs: 0 };

test('attack: limits that are off are on for strangers', async () => {
  const off = await startEdge({
    env: { SCANGATE_TRUSTED_PROXIES: '127.0.0.1', SCANGATE_LIMITS: 'off', SCANGATE_TOKENS_PER_MINUTE: '2' },
  });
  const tries = async (from: string): Promise<number[]> => {
    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1)
      statuses.push(
        (
          await call(`${off.url}/oauth/token`, {
            form: { grant_type: 'x' },
            headers: { 'x-forwarded-for': from },
          })
        ).status,
      );
    return statuses;
  };
  expect(await tries('192.168.1.77')).toEqual([expect.any(Number), expect.any(Number), 429, 429]);
  expect(await tries('127.0.0.9')).not.toContain(429);
  await off.stop();
});
