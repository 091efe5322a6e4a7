import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { NotReplicated } from '../../src/store/event-store.ts';
import { call, expectStatus } from '../support/call.ts';
import type { Answer } from '../support/call.ts';
import { confirm, demoPhone, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

let edge: RunningEdge;
let ticket: Minted;
beforeEach(async () => {
  edge = await startEdge({ token: 'own' });
  ticket = await mint(edge.url, { redirectUri: undefined });
});
afterEach(() => edge.stop());

function withhold(): void {
  edge.setAway(new NotReplicated('a replica did not say in time that it holds it'));
}

async function pageSession(): Promise<Record<string, string>> {
  const pretended = await call(`${edge.url}/demo/phone`, { form: { name: 'ada' } });
  const cookie = pretended.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  return { cookie, 'sec-fetch-site': 'same-origin' };
}

const ASKED: Readonly<Record<string, () => Promise<() => Promise<Answer<unknown>>>>> = {
  'a scan with an Idempotency-Key': () =>
    Promise.resolve(() => scan(edge.url, readScanCode(ticket.notice), 'ada', { idempotencyKey: 'k' })),
  'a page session': async () => {
    const headers = await pageSession();
    return () => call(`${edge.url}/v1/sessions`, { headers });
  },
  'a user code': () => Promise.resolve(() => scan(edge.url, { userCode: 'BCDF-GHJK' }, 'ada')),
  'signing out everywhere': () =>
    Promise.resolve(() => call(`${edge.url}/v1/sessions`, { method: 'DELETE', headers: demoPhone('ada') })),
};

test.each(Object.keys(ASKED))('what replicas do not hold yet is not_replicated for %s', async (what) => {
  const ask = await ASKED[what]!();
  withhold();
  const answer = await ask();
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  expect(answer.body).toMatchObject({ code: 'not_replicated' });
});

test('the token endpoint says so in OAuth’s words', async () => {
  const scanned = expectStatus(await scan(edge.url, readScanCode(ticket.notice), 'ada'), 201);
  await confirm(edge.url, scanned, 'ada');
  const { result } = expectStatus(await look(ticket, edge.url), 200);
  withhold();
  const refused = await redeem(edge.url, ticket, result?.code ?? '', { idempotencyKey: 'k' });
  expect(refused.status).toBe(503);
  expect(refused.body).toEqual({
    error: 'temporarily_unavailable',
    error_description: 'Not replicated in time',
  });
});
