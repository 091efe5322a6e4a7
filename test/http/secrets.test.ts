import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import { at, confirm, look, mint, readScanCode, scan } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge({
    clients: [{}, { client_id: 'other', redirect_uris: ['https://other.example/cb'] }],
  });
});
afterAll(() => edge.stop());

const app = { clientId: 'app', redirectUri: 'https://app.example/back?keep=1' } as const;
const ADDRESSES = ['self', 'events', 'poll', 'qr'] as const;

/** What an answer says, but for its date. */
function whole(answer: { status: number; headers: Headers; text: string }): unknown {
  const headers = Object.fromEntries(answer.headers);
  delete headers['date'];
  return { status: answer.status, headers, text: answer.text };
}

function bearer(secret: string): Record<string, string> {
  return { authorization: `Bearer ${secret}` };
}

test('no secret, a wrong, a foreign, an unknown one: one answer, and none asks the store', async () => {
  const ticket = await mint(edge.url, app);
  const foreign = await mint(edge.url, app);
  const byCookie = await mint(edge.url, { ...app, binding: 'cookie' });
  const unknown = randomBytes(16).toString('base64url');
  const forged = `${ticket.secret.slice(0, -1)}${ticket.secret.endsWith('A') ? 'B' : 'A'}`;
  for (const name of ADDRESSES) {
    const ask = (link: string, headers: Record<string, string>) => call(at(edge.url, link), { headers });
    const link = ticket.links[name];
    const before = edge.calls();
    const answers = [
      await ask(link, {}),
      await ask(link, bearer('nonsense')),
      await ask(link, bearer('x'.repeat(5000))),
      await ask(link, bearer(forged)),
      await ask(link, bearer(foreign.secret)),
      await ask(link, bearer(byCookie.secret)),
      await ask(byCookie.links[name], bearer(byCookie.secret)),
      await ask(link.replace(ticket.ticketId, unknown), bearer(ticket.secret)),
      await ask(link.replace(ticket.ticketId, 'short'), bearer(ticket.secret)),
      await ask(byCookie.links[name], { cookie: byCookie.secretHeaders['cookie']! }),
      await ask(byCookie.links[name], { ...byCookie.secretHeaders, origin: 'https://evil.example' }),
      await ask(byCookie.links[name], {
        cookie: byCookie.secretHeaders['cookie']!,
        'sec-fetch-site': 'same-site',
      }),
    ].map(whole);
    expect(edge.calls()).toBe(before);
    expect(answers[0]).toMatchObject({ status: 404 });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  }
});

test('a right secret of a ticket that is gone looks like a wrong one', async () => {
  const id = randomBytes(16).toString('base64url');
  const link = `${edge.url}/v1/tickets/${id}`;
  const right = await call(link, { headers: bearer(edge.secrets.browserSecret(id, edge.keyId, 'bearer')) });
  const wrong = await call(link, { headers: bearer('wrong') });
  expect(whole(right)).toEqual(whole(wrong));
});

test('cookie and bearer together are a 400, whatever they are', async () => {
  const ticket = await mint(edge.url, { ...app, binding: 'cookie' });
  for (const name of ADDRESSES) {
    const answer = await call(at(edge.url, ticket.links[name]), {
      headers: { ...ticket.secretHeaders, ...bearer('anything') },
    });
    expect([answer.status, answer.body]).toEqual([400, expect.objectContaining({ code: 'invalid_request' })]);
  }
});

test('a phone without a credential is told so, and forged codes never reach the store', async () => {
  const ticket = await mint(edge.url, app);
  const code = readScanCode(ticket.notice);
  const before = edge.calls();
  for (const headers of [{}, bearer('nobody'), { authorization: 'Basic YTpi' }] as Record<string, string>[]) {
    const answer = await scan(edge.url, code, 'alice', { headers });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.body).toMatchObject({ code: 'phone_unknown' });
  }
  const forged = await scan(edge.url, `${code.slice(0, -1)}${code.endsWith('A') ? 'B' : 'A'}`);
  const byId = await confirm(edge.url, { ticket_id: ticket.ticketId, handshake: code });
  const ofOther = await confirm(edge.url, { ticket_id: ticket.ticketId, handshake: ticket.secret });
  expect([forged.status, byId.status, ofOther.status]).toEqual([404, 404, 404]);
  expect(edge.calls()).toBe(before);
});

test("a handshake in another user's hands, or of another ticket, is unknown", async () => {
  const [one, other] = [await mint(edge.url, app), await mint(edge.url, app)];
  const scanned = expectStatus(await scan(edge.url, readScanCode(one.notice), 'alice'), 201);
  const foreign = expectStatus(await scan(edge.url, readScanCode(other.notice), 'mallory'), 201);
  const answers = [
    await confirm(edge.url, scanned, 'mallory'),
    await confirm(edge.url, { ...scanned, handshake: foreign.handshake }, 'alice'),
    await confirm(edge.url, { ...scanned, handshake: foreign.handshake }, 'mallory'),
  ].map(whole);
  expect(answers[0]).toMatchObject({ status: 404 });
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(expectStatus(await look(one, edge.url), 200).status).toBe('scanned');
  const second = await scan(edge.url, readScanCode(one.notice), 'mallory');
  expect([second.status, second.body]).toEqual([409, expect.objectContaining({ code: 'already_scanned' })]);
});

test('by bearer: our own origin, the client’s, or none; never another client’s', async () => {
  const ticket = await mint(edge.url, app);
  const statusFrom = async (origin?: string): Promise<[number, string | null]> => {
    const headers = { ...ticket.secretHeaders, ...(origin === undefined ? {} : { origin }) };
    const answer = await call(at(edge.url, ticket.links.self), { headers });
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(answer.headers.get('vary')).toContain('Origin');
    return [answer.status, answer.headers.get('access-control-allow-origin')];
  };
  expect(await statusFrom()).toEqual([200, null]);
  expect(await statusFrom('http://localhost:8080')).toEqual([200, 'http://localhost:8080']);
  expect(await statusFrom('https://app.example')).toEqual([200, 'https://app.example']);
  expect(await statusFrom('https://evil.example')).toEqual([404, null]);
  expect(await statusFrom('null')).toEqual([404, null]);
  expect((await statusFrom('https://other.example'))[0]).toBe(404);
});

test('a preflight is answered to origins of registered clients only', async () => {
  const ticket = await mint(edge.url, app);
  for (const link of [ticket.links.self, ticket.links.events, `${edge.url}/v1/tickets`]) {
    const ask = (Origin: string) =>
      edge.api.options(new URL(link).pathname).set({ Origin, 'Access-Control-Request-Method': 'GET' });
    await ask('https://app.example')
      .expect(204)
      .expect('Access-Control-Allow-Origin', 'https://app.example')
      .expect('Access-Control-Allow-Headers', /Authorization/);
    expect((await ask('https://evil.example')).headers).not.toHaveProperty('access-control-allow-origin');
  }
  const asked = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST' };
  const introspection = await edge.api.options('/oauth/introspect').set(asked);
  expect(introspection.headers).not.toHaveProperty('access-control-allow-origin');
});

test.each([
  ['https://evil.example', 'cookie', 400],
  ['https://evil.example', 'bearer', 400],
  ['https://other.example', 'bearer', 400],
  ['https://app.example', 'cookie', 400],
  ['https://app.example', 'bearer', 201],
  ['null', 'bearer', 400],
  ['http://localhost:8080', 'cookie', 201],
] as const)('minting from a page of %s by %s is a %d', async (origin, binding, status) => {
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
  const json = { client_id: 'app', code_challenge: challenge, code_challenge_method: 'S256', binding };
  await edge.api.post('/v1/tickets').set('Origin', origin).send(json).expect(status);
});

test('a cookie is taken from our own pages, by Origin or by Sec-Fetch-Site', async () => {
  const ticket = await mint(edge.url, { ...app, binding: 'cookie' });
  const cookie = ticket.secretHeaders['cookie']!;
  const ask = async (headers: Record<string, string>): Promise<number> =>
    (await call(at(edge.url, ticket.links.self), { headers: { cookie, ...headers } })).status;
  expect(await ask({ 'sec-fetch-site': 'same-origin' })).toBe(200);
  expect(await ask({ origin: 'http://localhost:8080' })).toBe(200);
  expect(await ask({ origin: edge.url })).toBe(200);
  expect(await ask({ origin: 'http://localhost:8081' })).toBe(404);
  expect(await ask({ origin: 'null', 'sec-fetch-site': 'same-origin' })).toBe(404);
  expect(await ask({ 'sec-fetch-site': 'none' })).toBe(404);
  expect(await ask({ 'sec-fetch-site': 'cross-site' })).toBe(404);
});

test('nothing secret is logged, counted or stored', async () => {
  const held: string[] = [];
  const sign = async (binding: 'cookie' | 'bearer'): Promise<Minted> => {
    const ticket = await mint(edge.url, { ...app, binding, state: 'the-state' });
    const code = readScanCode(ticket.notice);
    await call(`${edge.url}/s/${code}`);
    const scanned = expectStatus(await scan(edge.url, code, 'alice', { idempotencyKey: 'the-key-1' }), 201);
    expectStatus(await confirm(edge.url, scanned, 'alice', { idempotencyKey: 'the-key-2' }), 200);
    const { result } = expectStatus(await look(ticket, edge.url), 200);
    held.push(ticket.secret, code, scanned.handshake, result?.code ?? '', 'demo-alice', 'the-key-');
    return ticket;
  };
  const tickets = [await sign('cookie'), await sign('bearer')];
  const metrics = await edge.metrics.registry.metrics();
  const files = readdirSync(edge.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  const log = edge.lines.join('');
  expect(log).toContain('"route":"/s/:scanCode"');
  for (const secret of held) {
    expect(secret.length).toBeGreaterThan(7);
    expect(log).not.toContain(secret);
    expect(metrics).not.toContain(secret);
    for (const file of files) expect(file).not.toContain(secret);
  }
  for (const { ticketId } of tickets) {
    expect(log).not.toContain(ticketId);
    expect(metrics).not.toContain(ticketId);
    expect(files.some((file) => file.includes(ticketId))).toBe(true);
  }
});
