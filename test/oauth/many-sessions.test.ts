import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import type { Append, EventStore } from '../../src/store/event-store.ts';
import { sessionSubject } from '../../src/store/subject.ts';
import type { Cursor } from '../../src/ticket/cursor.ts';
import { call, expectStatus } from '../support/call.ts';
import { confirm, demoPhone, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted, Tokens } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

const YEAR_MS = 365 * 86_400_000;
/** `SCANGATE_HISTORY`, as it is by default. */
const HISTORY_MS = 600_000;

let edge: RunningEdge;
/** While it is set, the store answers nothing about this subject. */
let stuck: string | undefined;
beforeAll(async () => {
  edge = await startEdge({ token: 'own', store: (store) => sticking(store, () => stuck) });
});
afterAll(() => edge.stop());

interface Confirmed {
  readonly ticket: Minted;
  readonly code: string;
  readonly cursor: Cursor;
}

async function confirmed(name: string): Promise<Confirmed> {
  const ticket = await mint(edge.url, { redirectUri: undefined, scope: 'openid offline_access' });
  const scanned = expectStatus(await scan(edge.url, readScanCode(ticket.notice), name), 201);
  expectStatus(await confirm(edge.url, scanned, name), 200);
  const { result, cursor } = expectStatus(await look(ticket, edge.url), 200);
  return { ticket, code: result?.code ?? '', cursor: cursor as Cursor };
}

async function signIn(name: string): Promise<Tokens> {
  const { ticket, code } = await confirmed(name);
  return expectStatus(await redeem(edge.url, ticket, code), 200);
}

/** Something before a store that answers nothing about one subject, and all else. */
function sticking(store: EventStore, isStuck: () => string | undefined): EventStore {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name !== 'append' || typeof member !== 'function') return member;
      return (batch: readonly Append[]): unknown =>
        batch.some(({ subject }) => subject === isStuck())
          ? Promise.reject(new StoreUnavailable('it is stuck'))
          : Reflect.apply(member, target, [batch]);
    },
  });
}

async function signOutEverywhere(name: string): Promise<void> {
  expectStatus(await call(`${edge.url}/v1/sessions`, { method: 'DELETE', headers: demoPhone(name) }), 204);
}

const userInfo = async ({ access_token: token }: Tokens): Promise<number> =>
  (await call(`${edge.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status;

type Headers = Readonly<Record<string, string>>;

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

test('a session that was about to open when its user signed out everywhere opens no more', async () => {
  const { ticket, code, cursor } = await confirmed('may');
  // A redemption has listed the session, and asks whether it is barred, before it is.
  const sid = edge.secrets.sid(ticket.ticketId, edge.keyId, cursor);
  await edge.ledger.addMember(listOf('may'), sid, YEAR_MS, 1000);
  await signOutEverywhere('may');
  expect(await edge.ledger.delete(`barred-${listOf('may')}`)).toBe(true);
  expect((await redeem(edge.url, ticket, code)).body).toMatchObject({ error: 'invalid_grant' });
});

test('one session that cannot be ended keeps none of the others, and the same again ends it', async () => {
  const all = [await signIn('eva'), await signIn('eva'), await signIn('eva')];
  const [, sid = ''] = await edge.ledger.members(listOf('eva'), 10);
  // It is listed first, and the others come long after it.
  await edge.ledger.addMember(listOf('eva'), sid, YEAR_MS, 1000);
  const between = Array.from({ length: 60 }, () => randomBytes(16).toString('base64url'));
  await Promise.all(between.map((one) => edge.ledger.addMember(listOf('eva'), one, YEAR_MS / 2, 1000)));
  stuck = sessionSubject(sid);
  const headers = demoPhone('eva');
  expect((await call(`${edge.url}/v1/sessions`, { method: 'DELETE', headers })).status).toBe(503);
  expect((await Promise.all(all.map(userInfo))).filter((status) => status === 200)).toHaveLength(1);
  stuck = undefined;
  await signOutEverywhere('eva');
  expect(await Promise.all(all.map(userInfo))).toEqual([401, 401, 401]);
});

const byPage = (name: string) => call(`${edge.url}/demo/phone`, { form: { name } });

test.each([
  ['by the list', 204, (headers: Headers) => call(`${edge.url}/v1/sessions`, { method: 'DELETE', headers })],
  [
    'by the form',
    200,
    (headers: Headers) => call(`${edge.url}/phone/sign-out`, { headers, form: { everywhere: 'true' } }),
  ],
])('a page repeats %s what was cut short, and can do nothing else by then', async (_how, done, end) => {
  const tokens = await signIn('kim');
  const [line = ''] = (await byPage('kim')).headers.getSetCookie();
  const headers = { cookie: line.split(';')[0] ?? '', 'sec-fetch-site': 'same-origin' };
  const [sid = ''] = await edge.ledger.members(listOf('kim'), 1);
  stuck = sessionSubject(sid);
  expect((await end(headers)).status).toBe(503);
  stuck = undefined;
  // The form is in no document that could say so.
  edge.record.violations.splice(0);
  expect(await userInfo(tokens)).toBe(200);
  expect((await call(`${edge.url}/v1/sessions`, { headers })).status).toBe(401);
  expect((await end(headers)).status).toBe(done);
  expect(await userInfo(tokens)).toBe(401);
  const foreign = { ...headers, 'sec-fetch-site': 'same-site' };
  expect((await end(foreign)).status).toBeGreaterThanOrEqual(400);
});

test('signing out everywhere passes over a session that ended long ago, and is forgotten but for its place in the list', async () => {
  await signIn('nora');
  const everywhere = () => call(`${edge.url}/v1/sessions`, { method: 'DELETE', headers: demoPhone('nora') });
  expectStatus(await everywhere(), 204);
  edge.advance(HISTORY_MS + 1000);
  expectStatus(await everywhere(), 204);
  edge.advance(-HISTORY_MS - 1000);
});
