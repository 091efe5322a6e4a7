import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { NewerSchema } from '../../src/store/codec.ts';
import { NotReplicated, StoreUnavailable } from '../../src/store/event-store.ts';
import { call, expectStatus } from '../support/call.ts';
import { confirm, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

let edge: RunningEdge;
let path: string;
let headers: Readonly<Record<string, string>>;
beforeAll(async () => {
  edge = await startEdge({ token: 'own' });
  ({ path, headers } = await signIn('alice'));
});
afterEach(() => edge.setAway(undefined));
afterAll(() => edge.stop());

async function signIn(name: string) {
  const phone = { headers: { authorization: `Bearer demo-${Buffer.from(name).toString('latin1')}` } };
  const ticket = await mint(edge.url, { redirectUri: undefined, scope: 'openid offline_access' });
  const scanned = expectStatus(await scan(edge.url, readScanCode(ticket.notice), '', phone), 201);
  expectStatus(await confirm(edge.url, scanned, '', phone), 200);
  const { result } = expectStatus(await look(ticket, edge.url), 200);
  const { access_token: token, refresh_token: refreshToken } = expectStatus(
    await redeem(edge.url, ticket, result?.code ?? ''),
    200,
  );
  const { sid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    sid: string;
  };
  return { token, refreshToken, path: `/v1/sessions/${sid}`, headers: { authorization: `Bearer ${token}` } };
}

const AWAY: readonly Error[] = [
  new StoreUnavailable('away'),
  new NotReplicated('not held yet'),
  new NewerSchema('a later release wrote it'),
];

test.each(AWAY)(
  'while the store says %s, an EventSource of a session is told when to come back',
  async (away) => {
    edge.setAway(away);
    const answer = await call(`${edge.url}${path}/events`, { headers });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(answer.text).toMatch(/^retry: ?\d+\n/);
  },
);

test.each(AWAY)('while the store says %s, a socket of a session closes with 1013', async (away) => {
  edge.setAway(away);
  const socket = new WebSocket(`${edge.url.replace('http', 'ws')}${path}/socket`, 'scangate.v1', { headers });
  const closed = await new Promise<[number, string]>((resolve, reject) => {
    socket.on('close', (code, reason) => resolve([code, reason.toString()]));
    socket.on('error', reject);
  });
  expect(closed[0]).toBe(1013);
  expect(JSON.parse(closed[1])).toEqual({ retry_after_ms: expect.any(Number) });
});

test('a poll of a session says 503, and a wrong token is nobody’s, away or not', async () => {
  const wrong = { authorization: 'Bearer nonsense' };
  for (const away of [undefined, new StoreUnavailable('away')]) {
    edge.setAway(away);
    for (const way of ['events', 'poll'])
      expect((await call(`${edge.url}${path}/${way}`, { headers: wrong })).status).toBe(404);
    expect((await call(`${edge.url}${path}/poll`, { headers })).status).toBe(away === undefined ? 200 : 503);
  }
});

test('the token of a user with the longest name gets through a socket’s first message', async () => {
  const long = await signIn('小'.repeat(255));
  expect(long.token.length).toBeGreaterThan(1500);
  const socket = new WebSocket(`${edge.url.replace('http', 'ws')}${long.path}/socket`, 'scangate.v1');
  socket.on('open', () => socket.send(JSON.stringify({ bearer: long.token })));
  const told = await new Promise<string>((resolve) => {
    socket.on('message', (data: Buffer) => resolve(data.toString()));
    socket.on('close', (code) => resolve(String(code)));
  });
  socket.terminate();
  expect(JSON.parse(told)).toMatchObject({ status: 'active' });
});

test('a cursor among the last eight events of a session is known, one from before is in doubt', async () => {
  const signedIn = await signIn('ada');
  const poll = async (query: string) => {
    const answer = await call<{ cursor: string; reset: boolean }>(
      `${edge.url}${signedIn.path}/poll${query}`,
      {
        headers: signedIn.headers,
      },
    );
    return expectStatus(answer, 200);
  };
  const first = await poll('');
  let token = signedIn.refreshToken;
  for (let events = 2; events <= 9; events += 1) {
    const form = { grant_type: 'refresh_token', client_id: 'demo', refresh_token: token };
    const next = await call<{ refresh_token?: string }>(`${edge.url}/oauth/token`, { form });
    token = expectStatus(next, 200).refresh_token;
    expect(await poll(`?after=${first.cursor}`)).toMatchObject({ status: 'active', reset: events > 8 });
  }
});
