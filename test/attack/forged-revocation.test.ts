import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm, WarmGateway } from '../support/warm.ts';

const TOKEN = 'operators-token-of-a-test';

let warm: Warm;
let open: WarmGateway;
let guarded: WarmGateway;
let openAt: string;
let guardedAt: string;

beforeAll(async () => {
  const [one, other] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  [openAt, guardedAt] = [`http://${one}/v1/revocations`, `http://${other}/v1/revocations`];
  warm = startWarm();
  [open, guarded] = await Promise.all([
    warm.gateway({ SCANGATE_ADMIN_LISTEN: one }),
    warm.gateway({ SCANGATE_ADMIN_LISTEN: other, SCANGATE_ADMIN_TOKEN: TOKEN }),
  ]);
});

afterAll(async () => {
  await warm?.stop();
});

const json = { user: 'demo:alice', store: '/' };

test.each([
  ['a form of another site', { method: 'POST', form: { user: 'demo:alice' } }],
  ['text that is JSON', { method: 'POST', headers: { 'content-type': 'text/plain' } }],
  ['a script of another site', { json, headers: { origin: 'https://evil.example' } }],
  ['a page that has no origin', { json, headers: { origin: 'null' } }],
] as const)('attack: %s revokes nothing by the browser of an operator', async (_how, options) => {
  expect((await call(openAt, options)).status).toBe(415);
});

test('attack: nor does a script get leave to ask', async () => {
  const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
  const preflight = await call(openAt, { method: 'OPTIONS', headers });
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([405, null]);
});

test('attack: without the token of operators nobody revokes', async () => {
  expect((await call(guardedAt, { json })).status).toBe(401);
  const wrong = { authorization: 'Bearer operators-token-of-a-tesT' };
  expect((await call(guardedAt, { json, headers: wrong })).status).toBe(401);
  const right = { authorization: `Bearer ${TOKEN}` };
  expect((await call(guardedAt, { json, headers: right })).status).toBe(409);
  expect((await call(`${guarded.url}/v1/revocations`, { json, headers: right })).status).toBe(404);
});

test('what is no request to revoke is said, and ends nothing', async () => {
  for (const body of [[], {}, { ...json, all: true }, { ...json, user: 'x'.repeat(5000) }])
    expect([body, (await call(openAt, { json: body })).status]).toEqual([body, 400]);
  expect((await call(`${open.url}/livez`)).status).toBe(200);
});
