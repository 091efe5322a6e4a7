import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call } from '../support/call.ts';
import { mint, readScanCode, scan } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

const HOST = 'https://localhost:8443';
// Its browsers are known by a cookie.
const POLICY = {
  shows_scanner: true,
  number_match: false,
  verified: false,
  pkce: 'required',
  accept: 'doubt',
} as const;
const PATHS = ['/a', '/b'];

let edges: readonly RunningEdge[];
beforeAll(async () => {
  edges = await Promise.all(
    PATHS.map((path) =>
      startEdge({ env: { SCANGATE_PUBLIC_URL: `${HOST}${path}/` }, clients: [{ policy: POLICY }] }),
    ),
  );
});
afterAll(async () => {
  await Promise.all((edges ?? []).map((edge) => edge.stop()));
});

/** What one browser keeps of cookies that go to every path of a host: the last of each name. */
const kept = new Map<string, string>();

function keep(answer: { readonly headers: Headers }): string[] {
  const lines = answer.headers.getSetCookie().filter((line) => line.includes('; Path=/;'));
  for (const line of lines) {
    const [name = '', value = ''] = line.slice(0, line.indexOf(';')).split(/=(.*)/s);
    kept.set(name, value);
  }
  return lines;
}

const sent = (): string => [...kept].map(([name, value]) => `${name}=${value}`).join('; ');

test('gateways under two paths of one host do not take the place of each other’s cookies', async () => {
  for (const edge of edges) {
    const lines = keep(await call(`${edge.url}/demo/phone`, { form: { name: 'alice' } }));
    expect(lines).toEqual([
      expect.stringMatching(/^__Host-scangate_phone_[\w-]{8}=[^;]+; Path=\/; .*Secure$/),
    ]);
    const json = { client_id: 'app', code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' };
    const headers = { cookie: sent(), 'sec-fetch-site': 'same-origin' };
    const minted = await call(`${edge.url}/v1/tickets`, { json, headers });
    expect(minted.status).toBe(201);
    keep(minted);
  }
  expect([...kept.keys()].map((name) => name.replace(/_[\w-]{8}$/, ''))).toEqual([
    '__Host-scangate_phone',
    '__Host-scangate_browser',
    '__Host-scangate_phone',
    '__Host-scangate_browser',
  ]);

  for (const edge of edges) {
    const { notice } = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
    const headers = { cookie: sent(), 'sec-fetch-site': 'same-origin' };
    expect((await scan(edge.url, readScanCode(notice), '', { headers })).status).toBe(201);
  }
});

test('signing out of one leaves the other signed in', async () => {
  const headers = { cookie: sent(), 'sec-fetch-site': 'same-origin', origin: HOST };
  const out = await call(`${edges[0]!.url}/phone/sign-out`, { form: {}, headers });
  const [line = ''] = keep(out);
  expect(line).toMatch(/^__Host-scangate_phone_[\w-]{8}=; Path=\/; Max-Age=0/);
  const scans = [];
  for (const edge of edges) {
    const { notice } = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
    scans.push(
      (await scan(edge.url, readScanCode(notice), '', { headers: { ...headers, cookie: sent() } })).status,
    );
  }
  expect(scans).toEqual([401, 201]);
});
