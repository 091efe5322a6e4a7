import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PNG } from 'pngjs';
import { decodeQR } from 'qr/decode.js';
import { call, expectStatus } from '../support/call.ts';
import { at, cancel, confirm, deny, look, mint, readScanCode, scan } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.stop());

const app = { clientId: 'app', redirectUri: 'https://app.example/back?keep=1' } as const;
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const body = { client_id: 'app', code_challenge: challenge, code_challenge_method: 'S256' };

function get(ticket: Minted, link: string, headers: Readonly<Record<string, string>> = {}) {
  return call(at(edge.url, link), { headers: { ...ticket.secretHeaders, ...headers } });
}

test('a sign-in by cookie, from minting to the result', async () => {
  const ticket = await mint(edge.url, { ...app, binding: 'cookie', state: 's p&c' });
  expect(ticket.notice).toMatchObject({ status: 'pending', reset: false, advice: { final: false } });
  const scanned = expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 201);
  expect(scanned).toMatchObject({
    status: 'scanned',
    client: { name: 'An <app>', domain: 'app.example', verified: false },
    browser: { ip: '127.0.0.1', same_network: true },
  });
  expect(expectStatus(await look(ticket, edge.url), 200)).toMatchObject({
    status: 'scanned',
    scanner: { name: 'alice' },
  });
  expect(expectStatus(await confirm(edge.url, scanned), 200)).toEqual({ status: 'confirmed' });
  const { result } = expectStatus(await look(ticket, edge.url), 200);
  const back = new URL(result?.redirect_to ?? '');
  expect(back.origin + back.pathname).toBe('https://app.example/back');
  expect(Object.fromEntries(back.searchParams)).toEqual({
    keep: '1',
    code: result?.code,
    state: 's p&c',
    iss: 'http://localhost:8080',
  });
  expectStatus(await confirm(edge.url, scanned), 200);
  const late = await cancel(ticket, edge.url);
  expect(late.status).toBe(409);
  expect(late.body).toMatchObject({ code: 'already_confirmed', ticket_status: 'confirmed' });
});

test('a denied one', async () => {
  const ticket = await mint(edge.url, app);
  const scanned = expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 201);
  expect(expectStatus(await deny(edge.url, scanned, 'alice', { report: true }), 200)).toEqual({
    status: 'denied',
  });
  expect((await deny(edge.url, scanned)).status).toBe(200);
  expect((await confirm(edge.url, scanned)).status).toBe(409);
  expect(expectStatus(await look(ticket, edge.url), 200)).toMatchObject({
    status: 'denied',
    expires_in_ms: 0,
    advice: { final: true },
  });
});

test('a cancelled one, cancelled again', async () => {
  const ticket = await mint(edge.url, app);
  expect((await cancel(ticket, edge.url)).status).toBe(204);
  expect((await cancel(ticket, edge.url)).status).toBe(204);
  expect((await scan(edge.url, readScanCode(ticket.notice))).body).toMatchObject({
    code: 'already_cancelled',
  });
  expect((await get(ticket, ticket.links.qr)).body).toMatchObject({ code: 'already_cancelled' });
});

test('minting answers with addresses, and with the secret where it was asked for', async () => {
  const byCookie = await edge.api.post('/v1/tickets').send(body).expect(201);
  const self = `http://localhost:8080/v1/tickets/${(byCookie.body as { ticket_id: string }).ticket_id}`;
  expect(byCookie.headers['location']).toBe(self);
  expect(byCookie.body).toMatchObject({
    links: {
      self,
      events: `${self}/events`,
      poll: `${self}/poll`,
      socket: `${self.replace('http', 'ws')}/socket`,
      qr: `${self}/qr.svg`,
    },
  });
  expect(byCookie.body).not.toHaveProperty('browser_secret');
  expect(byCookie.headers['set-cookie']?.[0]).toMatch(
    new RegExp(`^[^=]+=[^;]+; Path=${new URL(self).pathname}; Max-Age=\\d+; HttpOnly; SameSite=Strict$`),
  );
  const byBearer = await edge.api.post('/v1/tickets').send({ ...body, binding: 'bearer' });
  expect(byBearer.body).toHaveProperty('browser_secret');
  expect(byBearer.headers).not.toHaveProperty('set-cookie');
  expect(byBearer.headers['cache-control']).toBe('no-store');
});

test.each([
  [{ ...body, client_id: 'nobody' }, 'invalid_client', 'client_id'],
  [{ ...body, redirect_uri: 'https://app.example/back' }, 'invalid_redirect_uri', 'redirect_uri'],
  [{ client_id: 'app' }, 'invalid_request', 'code_challenge'],
  [{ ...body, code_challenge_method: undefined }, 'invalid_request', 'code_challenge_method'],
  [{ ...body, code_challenge_method: 'plain' }, 'invalid_request', 'code_challenge_method'],
  [{ ...body, code_challenge: `${challenge}x` }, 'invalid_request', 'code_challenge'],
  [{ ...body, state: 'x'.repeat(4097) }, 'invalid_request', 'state'],
  [{ ...body, nonce: 'x'.repeat(1025) }, 'invalid_request', 'nonce'],
  [{ ...body, scope: 'a"b' }, 'invalid_request', 'scope'],
  [{ ...body, binding: 'both' }, 'invalid_request', 'binding'],
  [{ ...body, client_id: 7 }, 'invalid_request', 'client_id'],
  [[], 'invalid_request', 'body'],
  ['text', 'invalid_request', 'body'],
  [null, 'invalid_request', 'body'],
])('minting refuses %j', async (json, code, field) => {
  const post = edge.api.post('/v1/tickets').type('json').send(JSON.stringify(json));
  const answer = await post.expect(400).expect('Content-Type', 'application/problem+json');
  expect(answer.body).toMatchObject({ status: 400, code, field });
});

test('at their bounds members are taken', async () => {
  const json = { ...body, state: 'x'.repeat(4096), nonce: 'x'.repeat(1024), unknown: { a: 1 } };
  await edge.api.post('/v1/tickets').send(json).expect(201);
});

test('the entity tag changes with the state and with the scan code, and with nothing else', async () => {
  const ticket = await mint(edge.url, app);
  const first = await get(ticket, ticket.links.self);
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toBe(`"${ticket.notice.cursor}.0"`);
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await get(ticket, ticket.links.self, { 'if-none-match': known });
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
  }
  edge.advance(30_000);
  const rotated = await get(ticket, ticket.links.self, { 'if-none-match': etag });
  expect([rotated.status, rotated.headers.get('etag')]).toEqual([200, `"${ticket.notice.cursor}.1"`]);
});

test('the QR code says what the notice says', async () => {
  const ticket = await mint(edge.url, { ...app, binding: 'cookie' });
  const svg = await get(ticket, ticket.links.qr);
  expect(svg.headers.get('content-type')).toBe('image/svg+xml');
  expect(svg.headers.get('cache-control')).toBe('no-store');
  expect(svg.text).toMatch(/^<svg [^>]+><rect width="100%" height="100%" fill="#fff"\/><path d="M4 4h/);
  const png = await fetch(at(edge.url, ticket.links.qr.replace('.svg', '.png')), {
    headers: ticket.secretHeaders,
  });
  expect(png.headers.get('content-type')).toBe('image/png');
  const image = PNG.sync.read(Buffer.from(await png.arrayBuffer()));
  const data = new Uint8ClampedArray(image.data);
  // Four modules of eight pixels, opaque and white: the quiet zone.
  expect(data.subarray(0, 32 * image.width * 4).every((byte) => byte === 255)).toBe(true);
  expect(decodeQR({ width: image.width, height: image.height, data })).toBe(ticket.notice.scan?.url);
});

test('a scan code is good in its period and the next', async () => {
  const ticket = await mint(edge.url, app);
  const code = readScanCode(ticket.notice);
  edge.advance(30_000);
  const { scan: next } = expectStatus(await look(ticket, edge.url), 200);
  expect(next?.url).not.toBe(ticket.notice.scan?.url);
  edge.advance(30_000);
  const stale = await scan(edge.url, code);
  expect([stale.status, stale.body]).toEqual([410, expect.objectContaining({ code: 'expired' })]);
  expectStatus(await scan(edge.url, readScanCode({ scan: next! })), 201);
});

test('past its deadline a ticket is expired, whoever asks', async () => {
  const ticket = await mint(edge.url, app);
  edge.advance(120_000);
  expect(expectStatus(await look(ticket, edge.url), 200)).toMatchObject({ status: 'expired' });
  expect((await scan(edge.url, readScanCode(ticket.notice))).status).toBe(410);
  expect((await cancel(ticket, edge.url)).body).toMatchObject({ code: 'expired', ticket_status: 'expired' });
  expect((await get(ticket, ticket.links.qr)).status).toBe(410);
});
