import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import { confirm, look, mint, readScanCode, redeem, s256, scan } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

/** Login CSRF: the victim's browser is to end up signed in as the attacker, and not to notice. */

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge({ token: 'own' });
});
afterAll(() => edge.stop());

const CALLBACK = 'https://app.example/back?keep=1';
const minting = {
  client_id: 'app',
  redirect_uri: CALLBACK,
  code_challenge: s256('v'.repeat(43)),
  code_challenge_method: 'S256',
};

test.each([
  ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['another site that hides itself', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ['another host of the domain', { 'sec-fetch-site': 'same-site' }],
  ['a client', { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' }],
])('attack: a page of %s puts no ticket’s cookie into a browser', async (_who, headers) => {
  const answer = await call(`${edge.url}/v1/tickets`, { json: minting, headers });
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([400, []]);
});

test('attack: a code of the attacker’s sign-in is no use in a browser that asked for another', async () => {
  const theirs = await mint(edge.url, { clientId: 'app', redirectUri: CALLBACK });
  const phone = expectStatus(await scan(edge.url, readScanCode(theirs.notice), 'mallory'), 201);
  expectStatus(await confirm(edge.url, phone, 'mallory'), 200);
  const { result } = expectStatus(await look(theirs, edge.url), 200);
  const victim = await mint(edge.url, { clientId: 'app', redirectUri: CALLBACK });
  const injected = await redeem(edge.url, victim, result!.code);
  expect([injected.status, injected.body]).toEqual([
    400,
    expect.objectContaining({ error: 'invalid_grant' }),
  ]);
  expectStatus(await redeem(edge.url, theirs, result!.code), 200);
});

test('attack: the page of the attacker’s ticket is not opened in a browser from another site', async () => {
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: CALLBACK, binding: 'cookie' });
  const { cookie = '' } = ticket.secretHeaders;
  const page = (site: string) =>
    call(`${edge.url}/v1/tickets/${ticket.ticketId}/page`, { headers: { cookie, 'sec-fetch-site': site } });
  expect((await page('cross-site')).status).toBe(404);
  expect((await page('same-origin')).status).toBe(200);
});

test('a ticket’s cookie goes to its own addresses, and to no request that another site makes', async () => {
  const headers = { 'sec-fetch-site': 'same-origin' };
  const answer = await call<{ ticket_id: string }>(`${edge.url}/v1/tickets`, { json: minting, headers });
  const id = expectStatus(answer, 201).ticket_id;
  const [line = ''] = answer.headers.getSetCookie();
  expect(line).toMatch(new RegExp(`^scangate_${id}=[^;]+; Path=/v1/tickets/${id}; `));
  for (const part of ['HttpOnly', 'SameSite=Strict']) expect(line.split('; ')).toContain(part);
});
