import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';
import { call, expectStatus } from '../support/call.ts';
import { confirm, deny, look, mint, readScanCode, redeem, s256, scan } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';

/** A stranger mints a ticket and sends somebody the link by which its own browser would go on on the same device. */

const BACK = 'https://app.example/back?keep=1';

const policy = { shows_scanner: true, number_match: false, verified: false, pkce: 'required' } as const;

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge({
    token: 'own',
    clients: [
      { policy: { ...policy, number_match: true } },
      { client_id: 'asking', policy: { ...policy, accept: 'new_browser' } },
    ],
  });
});
afterAll(() => edge.stop());

type Begun = Pick<Minted, 'ticketId' | 'secretHeaders'> & { readonly links: Pick<Minted['links'], 'self'> };

const begin = (binding: 'cookie' | 'bearer' = 'cookie'): Promise<Minted> =>
  mint(edge.url, { clientId: 'app', redirectUri: BACK, binding });

const pathOf = ({ links }: Begun): string => `${edge.url}${new URL(links.self).pathname}`;

async function linkOf(ticket: Begun): Promise<string> {
  const answer = await call(`${pathOf(ticket)}/same-device`, { headers: ticket.secretHeaders });
  expectStatus(answer, 303);
  return (answer.headers.get('location') ?? '').slice('/s/'.length);
}

interface Approved<T extends Begun = Begun> {
  readonly ticket: T;
  readonly secret: string;
}

/** The victim opens the link, and confirms. */
async function approved<T extends Begun>(ticket: T): Promise<Approved<T>> {
  const scanned = expectStatus(await scan(edge.url, await linkOf(ticket), 'victim'), 201);
  expect(scanned).toMatchObject({ same_device: true });
  expect(scanned).not.toHaveProperty('number_match');
  const decided = expectStatus(await confirm(edge.url, scanned, 'victim'), 200);
  expect(expectStatus(await confirm(edge.url, scanned, 'victim'), 200)).toEqual(decided);
  const [page, secret = ''] = String(decided['return_url']).split('#');
  expect(page).toMatch(new RegExp(`/v1/tickets/${ticket.ticketId}/return$`));
  return { ticket, secret };
}

const giveBack = ({ ticket, secret }: Approved, headers: Readonly<Record<string, string>>) =>
  call<{ result: { code: string; redirect_to: string } }>(`${pathOf(ticket)}/return`, {
    headers,
    json: { return_secret: secret },
  });

const OWN_PAGE = { 'sec-fetch-site': 'same-origin' };

test('attack: the browser that minted gets no result, by any way of watching', async () => {
  const { ticket, secret } = await approved(await begin());
  const notice = expectStatus(await look(ticket, edge.url), 200);
  expect(notice).toMatchObject({ status: 'confirmed', same_device: true });
  for (const way of ['', '/events', '/poll', '/page', '/form']) {
    const { text } = await call(pathOf(ticket) + way, { headers: ticket.secretHeaders });
    for (const given of ['"result"', 'code=', 'app.example/back', secret, 'name="code"'])
      expect([way, given, text.includes(given)]).toEqual([way, given, false]);
  }
});

test('attack: half of it is nothing: no secret, a forged one, one of another ticket, and no cookie', async () => {
  const mine = await approved(await begin());
  const other = await approved(await begin());
  const { ticket } = mine;
  const [id, data, mac = ''] = mine.secret.split('.');
  const forged = `${id}.${data}.${mac.startsWith('A') ? 'B' : 'A'}${mac.slice(1)}`;
  for (const secret of [forged, other.secret, ticket.secret, readScanCode((await begin()).notice)])
    expect((await giveBack({ ticket, secret }, ticket.secretHeaders)).status).toBe(404);
  const victims = [
    OWN_PAGE,
    other.ticket.secretHeaders,
    { ...ticket.secretHeaders, 'sec-fetch-site': 'cross-site' },
  ];
  for (const headers of victims) expect((await giveBack(mine, headers)).status).toBe(404);

  const { result } = expectStatus(await giveBack(mine, ticket.secretHeaders), 200);
  expect(new URL(result.redirect_to).searchParams.get('code')).toBe(result.code);
  const tokens = await redeem(edge.url, ticket, result.code);
  expectStatus(tokens, 200);
  expect((await giveBack(mine, ticket.secretHeaders)).status).toBe(409);
});

async function beginForm(): Promise<Begun & { readonly cookie: string }> {
  const query = new URLSearchParams({
    response_type: 'code',
    response_mode: 'form_post',
    client_id: 'app',
    redirect_uri: BACK,
    code_challenge: s256('v'.repeat(43)),
    code_challenge_method: 'S256',
  });
  const page = await call(`${edge.url}/oauth/authorize?${query.toString()}`);
  const request = /data-request="([^"]+)"/.exec(page.text)?.[1];
  const json = { ...Object.fromEntries(query), scope: 'openid profile', request };
  const scope = /data-scope="([^"]*)"/.exec(page.text)?.[1];
  const minted = await call<{ ticket_id: string }>(`${edge.url}/v1/tickets`, {
    headers: OWN_PAGE,
    json: { ...json, scope: scope === '' ? undefined : scope },
  });
  const { ticket_id: ticketId } = expectStatus(minted, 201);
  const cookie = minted.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const self = `${edge.url}/v1/tickets/${ticketId}`;
  return { ticketId, links: { self }, secretHeaders: { ...OWN_PAGE, cookie }, cookie };
}

test('attack: an answer that goes by form is sent by no browser but the one with both halves', async () => {
  const ticket = await beginForm();
  const { cookie } = ticket;
  const self = pathOf(ticket);
  const both = await approved(ticket);
  expect((await call(`${self}/form`, { headers: ticket.secretHeaders })).status).toBe(404);
  const returned = await giveBack(both, ticket.secretHeaders);
  expectStatus(returned, 200);
  const second = returned.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const form = await call(`${self}/form`, { headers: { ...OWN_PAGE, cookie: `${cookie}; ${second}` } });
  expect(form.text).toMatch(/name="code" value="[^"]+"/);
});

test('what was confirmed and never taken goes back by form as an error, for there is nothing to keep by then', async () => {
  const { ticket } = await approved(await beginForm());
  expect((await call(`${pathOf(ticket)}/form`, { headers: ticket.secretHeaders })).status).toBe(404);
  edge.advance(601_000);
  const { text } = await call(`${pathOf(ticket)}/form`, { headers: ticket.secretHeaders });
  expect(text).toContain('name="error" value="access_denied"');
  expect(text).not.toContain('name="code"');
});

test('attack: a browser that only accepts is not known as the victim’s from then on', async () => {
  const mintAsked = (headers: Readonly<Record<string, string>> = {}): Promise<Minted> =>
    mint(edge.url, { clientId: 'asking', redirectUri: BACK, binding: 'cookie', headers });
  const begun = await mintAsked();
  const { ticket, secret } = await approved(begun);
  const accepted = await call(`${pathOf(ticket)}/accept`, { method: 'POST', headers: ticket.secretHeaders });
  expect(expectStatus(accepted, 200)).not.toHaveProperty('result');
  const form = { answer: 'me' };
  expect((await call(`${pathOf(ticket)}/page`, { headers: ticket.secretHeaders, form })).status).toBe(303);
  const known = { cookie: begun.cookies[1] ?? '' };
  const asks = async (): Promise<unknown> => {
    const next = await mintAsked(known);
    const scanned = expectStatus(await scan(edge.url, readScanCode(next.notice), 'victim'), 201);
    expectStatus(await confirm(edge.url, scanned, 'victim'), 200);
    return expectStatus(await look(next, edge.url), 200).ask;
  };
  expect(await asks()).toBe(true);
  expectStatus(await giveBack({ ticket, secret }, ticket.secretHeaders), 200);
  expect(await asks()).toBeUndefined();
});

test('who denied goes back too, and a scanned QR code leads nowhere back', async () => {
  const ticket = await begin();
  const scanned = expectStatus(await scan(edge.url, await linkOf(ticket), 'victim'), 201);
  const denied = expectStatus(await deny(edge.url, scanned, 'victim'), 200);
  expect(denied['return_url']).toMatch(/\/page$/);
  const other = await begin();
  const code = readScanCode(other.notice);
  const byCode = expectStatus(await scan(edge.url, code, 'victim'), 201);
  expect(byCode).not.toHaveProperty('same_device');
  expect(byCode).toMatchObject({ number_match: true });
});

test('a code of the same device is no QR code, and there is none for bearers and devices', async () => {
  const ticket = await begin();
  const [id, data = '', mac] = (await linkOf(ticket)).split('.');
  const cut = `${id}.${data.replace('s', '')}.${mac}`;
  expect((await scan(edge.url, cut, 'victim')).status).toBe(404);
  const bearer = await begin('bearer');
  const asked = await call(`${pathOf(bearer)}/same-device`, { headers: bearer.secretHeaders });
  expect(asked.status).toBe(404);
});
