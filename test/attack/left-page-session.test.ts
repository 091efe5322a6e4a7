import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pageEnds } from '../../src/http/caller/page-ends.ts';
import { PAGE_SESSION_LIFE_MAX_MS, pageSessions } from '../../src/phone/page-session.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { call, expectStatus } from '../support/call.ts';
import { mint, readScanCode, scan } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

/** How long the fixture's page sessions live. */
const LIFE_MS = 3_600_000;

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.stop());

/** A phone's browser whose page knows who signed in on it. */
async function page(name: string): Promise<Readonly<Record<string, string>>> {
  const [line = ''] = (await call(`${edge.url}/demo/phone`, { form: { name } })).headers.getSetCookie();
  return { cookie: line.split(';')[0]!, 'sec-fetch-site': 'same-origin' };
}

async function approves(headers: Readonly<Record<string, string>>): Promise<number> {
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  return (await scan(edge.url, readScanCode(ticket.notice), '', { headers })).status;
}

test.each([
  ['from the phone’s app', () => Promise.resolve({ authorization: 'Bearer demo-ada' })],
  ['from a page', () => page('ada')],
])(
  'attack: a page that was left open approves nothing once its user signed out everywhere, %s',
  async (_how, by) => {
    const [left, other, credential] = [await page('ada'), await page('bob'), await by()];
    expect(await approves(left)).toBe(201);
    const out = await call(`${edge.url}/v1/sessions`, { method: 'DELETE', headers: credential });
    expectStatus(out, 204);
    expect(await approves(left)).toBe(401);
    expect((await call(`${edge.url}/device`, { headers: left })).text).not.toMatch(/\bada\b/);
    expect(await approves(other)).toBe(201);
    expect(await approves(await page('ada'))).toBe(201);
  },
);

async function leave(
  headers: Readonly<Record<string, string>>,
  form: Readonly<Record<string, string>> = {},
): Promise<string> {
  const answer = await call(`${edge.url}/phone/sign-out`, { headers, form });
  expectStatus(answer, 200);
  const over = expect.stringMatching(/^scangate_phone=; Path=\/; Max-Age=0;/);
  expect(answer.headers.getSetCookie()).toEqual([over]);
  return answer.text;
}

test('attack: a copy of the cookie approves nothing once its user signed out on the page', async () => {
  const [left, other] = [await page('ada'), await page('ada')];
  expect(await leave(left)).toContain('signed out on this phone');
  expect(await approves(left)).toBe(401);
  expect((await call(`${edge.url}/device`, { headers: left })).text).not.toMatch(/\bada\b/);
  expect(await approves(other)).toBe(201);
  expect(await leave(other, { everywhere: 'true' })).toContain('signed out everywhere');
  expect(await approves(other)).toBe(401);
});

test('attack: another site’s form signs nobody out', async () => {
  const headers = await page('ada');
  for (const site of ['cross-site', 'same-site']) {
    const from = { ...headers, 'sec-fetch-site': site };
    const answer = await call(`${edge.url}/phone/sign-out`, { headers: from, form: { everywhere: 'true' } });
    expect(answer.status).toBe(400);
  }
  expect(await approves(headers)).toBe(201);
});

test('attack: a page session ends whatever the clock of the node that made it said', async () => {
  edge.advance(60_000);
  const ahead = await page('carol');
  edge.advance(-60_000);
  expect(await approves(ahead)).toBe(201);
  const everywhere = { method: 'DELETE', headers: { authorization: 'Bearer demo-carol' } } as const;
  expectStatus(await call(`${edge.url}/v1/sessions`, everywhere), 204);
  expect(await approves(ahead)).toBe(401);
  const [one, other] = await Promise.all([page('carol'), page('carol')]);
  const ends = Array.from({ length: 6 }, () => call(`${edge.url}/v1/sessions`, everywhere));
  for (const answer of await Promise.all(ends)) expectStatus(answer, 204);
  for (const left of [ahead, one, other]) expect(await approves(left)).toBe(401);
  expect(await approves(await page('carol'))).toBe(201);
});

test('attack: a page session that outlives the others by its node’s clock stays ended', async () => {
  edge.advance(60_000);
  const ahead = await page('dora');
  edge.advance(-60_000);
  const everywhere = { method: 'DELETE', headers: { authorization: 'Bearer demo-dora' } } as const;
  expectStatus(await call(`${edge.url}/v1/sessions`, everywhere), 204);
  edge.advance(LIFE_MS + 1000);
  expect(await approves(ahead)).toBe(401);
});

test('attack: an end that meets a round whose time is just up ends what began in none', async () => {
  const user = { source: 'demo', issuer: 'demo', subject: 'fay' };
  const sessions = pageSessions({ seal: (text) => text, open: (text) => text }, LIFE_MS, Date.now);
  let rounds = 0;
  const kept: number[] = [];
  const forgetful: Ledger = {
    ...edge.ledger,
    async putIfAbsent(key, value, lifeMs) {
      const put = await edge.ledger.putIfAbsent(key, value, lifeMs);
      kept.push(lifeMs);
      if (!put.stored && rounds === 2) await edge.ledger.delete(key);
      return put;
    },
    get: (key) => edge.ledger.get(key),
    replaceIf: (...replaced) => edge.ledger.replaceIf(...replaced),
  };
  const ends = pageEnds(forgetful, sessions, () => `round-${++rounds}`);
  const left = sessions.issue(user, await ends.round(user));
  await ends.end(user);
  await ends.end(user);
  expect(await ends.round(user)).toBe('round-2');
  expect(await ends.isOver(user, left)).toBe(true);
  // What another gateway, or `scangate revoke`, is set to is not known here: the longest session may be one of theirs.
  expect(Math.min(...kept)).toBeGreaterThan(PAGE_SESSION_LIFE_MAX_MS);
});

test('nobody is signed out by who is nobody', async () => {
  expect((await call(`${edge.url}/v1/sessions`, { method: 'DELETE' })).status).toBe(401);
});
