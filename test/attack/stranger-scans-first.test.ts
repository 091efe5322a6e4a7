import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Cursor } from '../../src/ticket/cursor.ts';
import type { AcceptPolicy } from '../../src/ticket/events.ts';
import { call, expectStatus } from '../support/call.ts';
import type { Answer } from '../support/call.ts';
import { cancel, confirm, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted, Notice } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

/** One client for each policy, called as it is. */
const client = (accept: AcceptPolicy) => ({
  client_id: accept,
  policy: { shows_scanner: true, number_match: false, accept, verified: true, pkce: 'required' } as const,
});

const television = {
  client_id: 'television',
  grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
} as const;

let edge: RunningEdge;
beforeAll(async () => {
  const policies = ['never', 'doubt', 'new_browser', 'always'] as const;
  edge = await startEdge({ token: 'own', clients: [...policies.map(client), television] });
});
afterAll(() => edge.stop());

/** A browser with a jar for the one cookie that it is known by. */
interface Browser {
  known?: string | undefined;
}

async function begun(accept: AcceptPolicy, browser?: Browser): Promise<Minted> {
  const ticket = await mint(edge.url, {
    clientId: accept,
    redirectUri: undefined,
    binding: browser === undefined ? 'bearer' : 'cookie',
    headers: browser?.known === undefined ? {} : { cookie: browser.known },
  });
  if (browser !== undefined) browser.known = ticket.cookies[1] ?? browser.known;
  return ticket;
}

async function confirmedBy(ticket: Minted, name: string, ...others: readonly string[]): Promise<Notice> {
  const code = readScanCode(ticket.notice);
  const phone = expectStatus(await scan(edge.url, code, name), 201);
  for (const other of others) expect((await scan(edge.url, code, other)).status).toBe(409);
  expectStatus(await confirm(edge.url, phone, name), 200);
  return expectStatus(await look(ticket, edge.url), 200);
}

const accept = (ticket: Minted): Promise<Answer<Notice>> =>
  call(`${edge.url}/v1/tickets/${ticket.ticketId}/accept`, {
    method: 'POST',
    headers: ticket.secretHeaders,
  });

test('attack: a stranger who scans first signs nobody in whom the browser has not accepted', async () => {
  const ticket = await begun('doubt');
  const notice = await confirmedBy(ticket, 'mallory', 'alice');
  expect(notice).toMatchObject({
    status: 'confirmed',
    ask: true,
    second_phone: true,
    scanner: { name: 'mallory' },
    advice: { final: false },
  });
  expect(notice).not.toHaveProperty('result');
  const stolen = edge.secrets.code(ticket.ticketId, edge.keyId, notice.cursor as Cursor);
  expect((await redeem(edge.url, ticket, stolen)).body).toMatchObject({ error: 'invalid_grant' });
  expect((await cancel(ticket, edge.url)).status).toBe(204);
  expect(expectStatus(await look(ticket, edge.url), 200)).toMatchObject({
    status: 'cancelled',
    result: { error: 'access_denied' },
  });
  expect(await accept(ticket)).toMatchObject({ status: 409, body: { code: 'already_cancelled' } });
});

test('who accepts gets the result, and its code lives from then on', async () => {
  const ticket = await begun('always');
  const asked = await confirmedBy(ticket, 'alice');
  edge.advance(40_000);
  const notice = expectStatus(await accept(ticket), 200);
  expect(notice).toMatchObject({ status: 'confirmed', advice: { final: true } });
  expect(notice).not.toHaveProperty('ask');
  expect(notice.expires_in_ms).toBeGreaterThan(asked.expires_in_ms - 2000);
  expect(expectStatus(await accept(ticket), 200).cursor).toBe(notice.cursor);
  expect(await cancel(ticket, edge.url)).toMatchObject({ status: 409 });
  expectStatus(await redeem(edge.url, ticket, notice.result!.code), 200);
  expectStatus(await accept(ticket), 200);
});

test('attack: nobody else accepts for the browser, and nothing is accepted before it is asked', async () => {
  const ticket = await begun('always', {});
  const other = await begun('always');
  expect((await accept(ticket)).status).toBe(404);
  await confirmedBy(ticket, 'mallory');
  const url = `${edge.url}/v1/tickets/${ticket.ticketId}/accept`;
  const own = ticket.secretHeaders['cookie']!;
  for (const headers of [
    {},
    other.secretHeaders,
    { cookie: own },
    { cookie: own, 'sec-fetch-site': 'cross-site' },
    { authorization: 'Bearer demo-mallory' },
  ])
    expect((await call(url, { method: 'POST', headers })).status).toBe(404);
  expect(expectStatus(await look(ticket, edge.url), 200)).toMatchObject({ ask: true });
});

describe('A browser is asked', () => {
  test('in doubt, where it was somebody else’s before', async () => {
    const browser: Browser = {};
    expect(await confirmedBy(await begun('doubt', browser), 'alice')).toHaveProperty('result.code');
    expect(await confirmedBy(await begun('doubt', browser), 'alice')).toHaveProperty('result.code');
    const ticket = await begun('doubt', browser);
    expect(await confirmedBy(ticket, 'mallory')).toMatchObject({ ask: true });
    expect((await cancel(ticket, edge.url)).status).toBe(204);
    expect(await confirmedBy(await begun('doubt', browser), 'mallory')).toMatchObject({ ask: true });
  });

  test('where it is new, until its user has accepted once', async () => {
    const browser: Browser = {};
    const first = await begun('new_browser', browser);
    expect(await confirmedBy(first, 'alice')).toMatchObject({ ask: true });
    expectStatus(await accept(first), 200);
    expect(await confirmedBy(await begun('new_browser', browser), 'alice')).toHaveProperty('result.code');
    expect(await confirmedBy(await begun('new_browser'), 'alice')).toMatchObject({ ask: true });
    const invented = { known: 'scangate_browser=AAAAAAAAAAAAAAAAAAAAAA' };
    expect(await confirmedBy(await begun('new_browser', invented), 'alice')).toMatchObject({ ask: true });
  });

  test('never, where its client says so: then it gets no cookie either', async () => {
    const browser: Browser = {};
    const ticket = await begun('never', browser);
    expect(ticket.cookies).toHaveLength(1);
    const notice = await confirmedBy(ticket, 'mallory', 'alice');
    expect(notice).toHaveProperty('result.code');
    expect(notice).not.toHaveProperty('ask');
  });
});

test('while it waits, a browser hears that a second phone scanned, once, and waits on while it is asked', async () => {
  const ticket = await begun('doubt');
  const phone = expectStatus(await scan(edge.url, readScanCode(ticket.notice), 'mallory'), 201);
  const { cursor } = expectStatus(await look(ticket, edge.url), 200);
  const poll = (after: string) =>
    call<Notice>(`${edge.url}/v1/tickets/${ticket.ticketId}/poll?wait=20&after=${after}`, {
      headers: ticket.secretHeaders,
    });
  const waiting = poll(cursor);
  for (const name of ['alice', 'bob', 'alice'])
    expect((await scan(edge.url, readScanCode(ticket.notice), name)).status).toBe(409);
  const told = expectStatus(await waiting, 200);
  expect(told).toMatchObject({ status: 'scanned', second_phone: true, scanner: { name: 'mallory' } });
  const asks = poll(told.cursor);
  expectStatus(await confirm(edge.url, phone, 'mallory'), 200);
  const asked = expectStatus(await asks, 200);
  expect(asked).toMatchObject({ ask: true });
  const released = poll(asked.cursor);
  expectStatus(await accept(ticket), 200);
  const last = expectStatus(await released, 200);
  expect(last).toHaveProperty('result.code');
  expect((await poll(last.cursor)).status).toBe(204);
});

test('who waits hears of a second phone that typed the code at the same moment', async () => {
  for (let round = 0; round < 5; round += 1) {
    const device = await call<{ user_code: string; device_code: string; links: Minted['links'] }>(
      `${edge.url}/oauth/device_authorization`,
      { form: { client_id: 'television', scope: 'openid' } },
    );
    const { user_code: userCode, device_code: code, links } = expectStatus(device, 200);
    const scans = ['mallory', 'alice'].map((name) => scan(edge.url, { userCode }, name));
    const statuses = (await Promise.all(scans)).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([201, 409]);
    const notice = await call(edge.url + new URL(links.self).pathname, {
      headers: { authorization: `Bearer ${code}` },
    });
    expect(notice.body).toMatchObject({ status: 'scanned', second_phone: true });
  }
});

test('attack: no page of another origin answers the form for the browser', async () => {
  const ticket = await begun('always', {});
  const page = `${edge.url}/v1/tickets/${ticket.ticketId}/page`;
  await confirmedBy(ticket, 'mallory');
  const cookie = ticket.secretHeaders['cookie']!;
  for (const from of [
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'same-site', origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'http://sibling.localhost:8080' },
    { origin: 'null' },
  ])
    for (const answer of ['me', 'not_me'])
      expect((await call(page, { headers: { cookie, ...from }, form: { answer } })).status).toBe(404);
  expect(expectStatus(await look(ticket, edge.url), 200)).toMatchObject({ ask: true });
  const own = { cookie, origin: 'http://localhost:8080' };
  expect((await call(page, { headers: own, form: { answer: 'me' } })).status).toBe(303);
  expect(expectStatus(await look(ticket, edge.url), 200)).toHaveProperty('result');
});

test('attack: a browser’s bearer answers no form', async () => {
  const ticket = await begun('always');
  const page = `${edge.url}/v1/tickets/${ticket.ticketId}/page`;
  await confirmedBy(ticket, 'mallory');
  expect((await call(page, { headers: ticket.secretHeaders, form: { answer: 'me' } })).status).toBe(404);
  expect(expectStatus(await look(ticket, edge.url), 200)).toMatchObject({ ask: true });
});

test('without JavaScript the page asks, and a form answers', async () => {
  const ticket = await begun('always', {});
  const page = `${edge.url}/v1/tickets/${ticket.ticketId}/page`;
  await confirmedBy(ticket, 'mallory');
  const { text } = await call(page, { headers: ticket.secretHeaders });
  expect(text).toContain('name="answer" value="not_me"');
  expect(text).toContain('<bdi>mallory</bdi>');
  const answered = await call(page, { headers: ticket.secretHeaders, form: { answer: 'not_me' } });
  expect(answered.status).toBe(303);
  expect(expectStatus(await look(ticket, edge.url), 200).status).toBe('cancelled');
});
