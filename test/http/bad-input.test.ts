import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { expectStatus } from '../support/call.ts';
import { mint, readScanCode, scan } from '../support/signin.ts';
import type { Minted, Scanned } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

const RUNS = process.env['SCANGATE_TEST_LONG'] === undefined ? 50 : 5000;
const SEED = Number(process.env['SCANGATE_TEST_SEED'] ?? Date.now() % 2 ** 31);

let edge: RunningEdge;
let ticket: Minted;
let scanned: Scanned;
beforeAll(async () => {
  edge = await startEdge({ env: { SCANGATE_TICKET_LIFE: 'PT1H', SCANGATE_TICKET_LIFE_MAX: 'PT1H' } });
  ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  scanned = expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 201);
});
afterAll(() => edge.stop());

const MEMBERS = ['client_id', 'redirect_uri', 'state', 'scope', 'nonce', 'code_challenge', 'binding'].concat([
  'code_challenge_method',
  'scan_code',
  'user_code',
  'handshake',
  'number',
  'report',
  'name',
  'return_to',
  '__proto__',
  'constructor',
  'toString',
]);

const POSTS = ['/v1/tickets', '/v1/scans', 'confirm', 'deny', '/demo/phone', '/oauth/token', '/nothing'];
const GETS = [
  '',
  '/events',
  '/poll',
  '/qr.svg',
  '/page',
  '/socket',
  '/s/x',
  '/device',
  '/plain',
  '/demo/callback',
];

const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ minLength: 600, maxLength: 20_000 }),
  fc.constantFrom(
    '\0',
    '\ud800',
    '%00',
    '../../x',
    "' or 1=1",
    '{{lang}}',
    '<script>',
    'null',
    'app',
    'demo',
  ),
);
const json = fc.oneof(
  fc.jsonValue(),
  text,
  fc.dictionary(fc.constantFrom(...MEMBERS), fc.oneof(text, fc.jsonValue()), { noNullPrototype: true }),
);

/** Answers of a request as no client would send it. None is a 5xx, and a refusal is a problem that names its code. */
async function expectRefusedOrFine(path: string, init: RequestInit): Promise<void> {
  const response = await fetch(edge.url + path, { ...init, redirect: 'manual' });
  const body = response.headers.get('content-type')?.startsWith('text/event-stream')
    ? await response.body?.cancel().then(() => '')
    : await response.text();
  expect(response.status).toBeLessThan(500);
  if (response.status < 400) return;
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/html')) return;
  const problem = JSON.parse(body ?? '') as Record<string, unknown>;
  if (path.startsWith('/oauth')) expect(typeof problem['error']).toBe('string');
  else expect(problem).toMatchObject({ status: response.status, code: expect.any(String) });
  if (response.status === 400 && !path.startsWith('/oauth')) expect(typeof problem['field']).toBe('string');
}

function pathOf(name: string): string {
  if (name.startsWith('/')) return name;
  return `/v1/tickets/${scanned.ticket_id}/${name}`;
}

const settings = { numRuns: RUNS, seed: SEED };
const phone = { authorization: 'Bearer demo-alice' };

test(`JSON that no client sends (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...POSTS), json, fc.boolean(), async (name, value, known) => {
      const headers = { 'content-type': 'application/json', ...(known ? phone : {}) };
      await expectRefusedOrFine(pathOf(name), { method: 'POST', headers, body: JSON.stringify(value) });
    }),
    settings,
  );
});

test(`bytes that no client sends (seed ${SEED})`, async () => {
  const types = ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'a', ''];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...POSTS),
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(...types),
      async (name, bytes, type) => {
        const headers = { 'content-type': type, ...phone };
        await expectRefusedOrFine(pathOf(name), { method: 'POST', headers, body: Buffer.from(bytes) });
      },
    ),
    settings,
  );
});

test(`forms that no client sends (seed ${SEED})`, async () => {
  const pair = fc.tuple(fc.oneof(fc.constantFrom(...MEMBERS), text), text);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...POSTS), fc.array(pair, { maxLength: 6 }), async (name, pairs) => {
      const body = pairs.map(([key, value]) => `${encode(key)}=${encode(value)}`).join('&');
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      await expectRefusedOrFine(pathOf(name), { method: 'POST', headers, body });
    }),
    settings,
  );
});

test(`queries, paths and headers that no client sends (seed ${SEED})`, async () => {
  const names = [...MEMBERS, 'after', 'wait', 'code', 'lang'];
  const pair = fc.tuple(fc.constantFrom(...names), fc.oneof(text, fc.constantFrom('1-1', '0', '55')));
  const printable = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...GETS),
      fc.array(pair, { maxLength: 4 }),
      fc.record(
        {
          'if-none-match': printable,
          'last-event-id': printable,
          cookie: printable,
          'accept-language': printable,
          'x-forwarded-for': printable,
          'user-agent': printable,
        },
        { requiredKeys: [] },
      ),
      fc.boolean(),
      async (name, pairs, headers, known) => {
        const query = pairs.map(([key, value]) => `${encode(key)}=${encode(value)}`.slice(0, 3000)).join('&');
        const path =
          name === '' || !/^\/(s|device|plain|demo)/.test(name) ? pathOf('').slice(0, -1) + name : name;
        const secret = known ? ticket.secretHeaders : {};
        const wait = path.endsWith('/poll') ? 'wait=0&' : '';
        const refusesCookie = known && 'cookie' in headers ? { cookie: '' } : {};
        await expectRefusedOrFine(`${path}?${wait}${query}`, {
          headers: { ...headers, ...refusesCookie, ...secret },
        });
      },
    ),
    settings,
  );
});

test('the process is unmoved', async () => {
  expect(edge.lines.filter((line) => line.includes('"error"'))).toEqual([]);
  expect((await fetch(`${edge.url}/livez`)).status).toBe(200);
});

function encode(value: string): string {
  return encodeURIComponent(value.replaceAll(/\p{Surrogate}/gu, ''));
}
