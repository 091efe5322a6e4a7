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
  const ticket = await mint(edge.url, { redirectUri: undefined });
  await confirm(edge.url, expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 201));
  const { result } = expectStatus(await look(ticket, edge.url), 200);
  const { access_token: token } = expectStatus(await redeem(edge.url, ticket, result?.code ?? ''), 200);
  const { sid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    sid: string;
  };
  path = `/v1/sessions/${sid}`;
  headers = { authorization: `Bearer ${token}` };
});
afterEach(() => edge.setAway(undefined));
afterAll(() => edge.stop());

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
