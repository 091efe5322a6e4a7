import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import { confirm, demoPhone, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Tokens } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

const YEAR_MS = 365 * 86_400_000;

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge({ token: 'own' });
});
afterAll(() => edge.stop());

async function signIn(name: string): Promise<Tokens> {
  const ticket = await mint(edge.url, { redirectUri: undefined, scope: 'openid offline_access' });
  const scanned = expectStatus(await scan(edge.url, readScanCode(ticket.notice), name), 201);
  expectStatus(await confirm(edge.url, scanned, name), 200);
  const { result } = expectStatus(await look(ticket, edge.url), 200);
  return expectStatus(await redeem(edge.url, ticket, result?.code ?? ''), 200);
}

async function signOutEverywhere(name: string): Promise<void> {
  expectStatus(await call(`${edge.url}/v1/sessions`, { method: 'DELETE', headers: demoPhone(name) }), 204);
}

const userInfo = async ({ access_token: token }: Tokens): Promise<number> =>
  (await call(`${edge.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status;

const refresh = ({ refresh_token: token }: Tokens) =>
  call<Tokens>(`${edge.url}/oauth/token`, {
    form: { grant_type: 'refresh_token', client_id: 'demo', refresh_token: token },
  });

const listOf = (name: string): string =>
  `sessions:${createHash('sha256')
    .update(JSON.stringify(['demo', 'demo', name]))
    .digest('base64url')}`;

test('signing out everywhere ends sessions beyond the hundred that are listed, and nobody else’s', async () => {
  const [mine, others] = [await signIn('ada'), await signIn('bob')];
  const later = Array.from({ length: 150 }, () => randomBytes(16).toString('base64url'));
  await Promise.all(later.map((sid) => edge.ledger.addMember(listOf('ada'), sid, YEAR_MS, 1000)));
  await signOutEverywhere('ada');
  expect([await userInfo(mine), await userInfo(others)]).toEqual([401, 200]);
});

test('a session that the list has lost ends at its next refresh, and one opened since goes on', async () => {
  const lost = await signIn('eve');
  for (const sid of await edge.ledger.members(listOf('eve'), 10))
    await edge.ledger.removeMember(listOf('eve'), sid);
  await signOutEverywhere('eve');
  const since = await signIn('eve');
  expect((await refresh(lost)).body).toMatchObject({ error: 'invalid_grant' });
  expect(await userInfo(lost)).toBe(401);
  const next = expectStatus(await refresh(since), 200);
  expect(await userInfo(next)).toBe(200);
});
