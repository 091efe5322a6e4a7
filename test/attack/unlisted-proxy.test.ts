import { afterEach, expect, test } from '@jest/globals';
import { expectStatus } from '../support/call.ts';
import { mint, readScanCode, scan } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

let edge: RunningEdge;
afterEach(() => edge.stop());

const CLAIMS = [
  (from: string) => ({ 'x-forwarded-for': from }),
  (from: string) => ({ forwarded: `for=${from}` }),
  (from: string) => ({ 'x-real-ip': from }),
] as const;

test('attack: a near peer that nobody listed does not get round the limits by naming others', async () => {
  edge = await startEdge({ env: { SCANGATE_LIMITS: 'on', SCANGATE_MINTS_PER_MINUTE: '20' } });
  const statuses: number[] = [];
  for (let count = 0; count < 60; count += 1) {
    const headers = CLAIMS[count % CLAIMS.length]!(`10.0.0.${count}`);
    const asked = { client_id: 'app', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' };
    const post = edge.api.post('/v1/tickets').set(headers);
    statuses.push((await post.send({ ...asked, code_challenge_method: 'S256' })).status);
  }
  expect(statuses.filter((status) => status === 201)).toHaveLength(20);
  expect(statuses.slice(20)).toEqual(Array.from({ length: 40 }, () => 429));
});

test.each([
  ['another claim', { 'x-forwarded-for': '10.1.1.1' }, { 'x-forwarded-for': '10.2.2.2' }],
  ['the same claim', { 'x-forwarded-for': '10.1.1.1' }, { 'x-forwarded-for': '10.1.1.1' }],
  ['a phone beside the proxy', { 'x-forwarded-for': '10.1.1.1' }, {}],
  ['a browser beside the proxy', {}, { 'x-forwarded-for': '10.1.1.1' }],
])('attack: behind it no browser is on the same network as a phone: %s', async (_what, browser, phone) => {
  edge = await startEdge();
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined, headers: browser });
  const scanned = expectStatus(
    await scan(edge.url, readScanCode(ticket.notice), 'ada', {
      headers: { authorization: 'Bearer demo-ada', ...phone },
    }),
    201,
  );
  expect(JSON.stringify(scanned)).toContain('"same_network":false');
});
