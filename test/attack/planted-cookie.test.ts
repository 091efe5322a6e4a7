import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call } from '../support/call.ts';
import { mint, readScanCode, scan } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge({ env: { SCANGATE_PUBLIC_URL: 'https://localhost:8443' } });
});
afterAll(() => edge.stop());

const pretend = (headers: Readonly<Record<string, string>> = {}) =>
  call(`${edge.url}/demo/phone`, { form: { name: 'mallory' }, headers });

test('attack: another host of the domain cannot put its own session in the place of the approval page’s', async () => {
  const [line = ''] = (await pretend()).headers.getSetCookie();
  expect(line).toMatch(/^__Host-scangate_phone=[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/);

  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  const as = (cookie: string) =>
    scan(edge.url, readScanCode(ticket.notice), '', { headers: { cookie, 'sec-fetch-site': 'same-origin' } });
  const own = line.split(';')[0]!;
  expect((await as(own.replace('__Host-', ''))).status).toBe(401);
  expect((await as(own)).status).toBe(201);
});

test.each(['cross-site', 'same-site'])('attack: a %s page cannot make a phone someone else', async (site) => {
  const answer = await pretend({ 'sec-fetch-site': site });
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([400, []]);
});
