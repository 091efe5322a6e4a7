import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { until } from '../support/until.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

const STALL_MS = 400;
/** More than the system takes for a client that reads nothing. */
const LARGE_ANSWERS = 30;

let edge: RunningEdge;
let client: Socket | undefined;

beforeAll(async () => {
  edge = await startEdge({
    env: { SCANGATE_READER_STALL: `PT${STALL_MS / 1000}S`, SCANGATE_POLL_JITTER: 'PT0S' },
  });
});
afterAll(async () => {
  client?.destroy();
  await edge.stop();
});

test('who reads late, but reads, may wait afterwards for longer than an answer may lie unread', async () => {
  const ends: Socket[] = [];
  edge.server.on('connection', (socket: Socket) => ends.push(socket));
  const socket = connect(Number(new URL(edge.url).port), '127.0.0.1');
  client = socket;
  await once(socket, 'connect');
  await until(() => ends.length > 0, { what: 'a connection' });
  const end = ends[0]!;
  const minted = await edge.api
    .post('/v1/tickets')
    .send({
      client_id: 'demo',
      binding: 'bearer',
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
    })
    .expect(201);
  const { ticket_id, cursor, browser_secret } = minted.body as Record<string, string>;
  const get = (path: string, line = ''): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${line}\r\n`;
  socket.pause();
  socket.write(get('/openapi.yaml').repeat(LARGE_ANSWERS));
  socket.write(
    get(
      `/v1/tickets/${ticket_id}/poll?after=${cursor}&wait=1`,
      `Authorization: Bearer ${browser_secret}\r\n`,
    ),
  );
  await until(() => end.timeout === STALL_MS, { what: 'a look at an answer that lies unread' });
  expect(end.writableLength).toBeGreaterThan(0);
  let read = '';
  let isClosed = false;
  socket.on('data', (bytes) => (read = (read + bytes.toString('latin1')).slice(-4000)));
  socket.on('error', () => undefined).on('close', () => (isClosed = true));
  socket.resume();
  await until(() => isClosed || /HTTP\/1\.1 204 /.test(read), { what: 'an answer to the poll, or an end' });
  expect(read).toMatch(/HTTP\/1\.1 204 /);
  expect(end.listenerCount('timeout')).toBeLessThanOrEqual(1);
});
