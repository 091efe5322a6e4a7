import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mint } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';
import { rawRequest } from './raw-request.ts';

let edge: RunningEdge;
let ticket: Minted;
beforeAll(async () => {
  edge = await startEdge();
  ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined, binding: 'cookie' });
});
afterAll(() => edge.stop());

/** The answer to a handshake: its status, and what stands behind its head. */
async function handshake(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  isWhole = (text: string): boolean => /^HTTP\/1\.1 101 [^]*\r\n\r\n/.test(text),
): Promise<[number, string]> {
  const lines = Object.entries({
    Host: 'localhost:8080',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  const answer = await rawRequest(edge.url, `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, isWhole);
  return [Number(answer.slice(9, 12)), answer.slice(answer.indexOf('\r\n\r\n') + 4)];
}

const socket = (): string => `/v1/tickets/${ticket.ticketId}/socket`;
const cookie = (): string => ticket.secretHeaders['cookie']!;

test('by cookie from our own page it is upgraded, and told at once', async () => {
  const headers = { cookie: cookie(), origin: 'http://localhost:8080' };
  const [status] = await handshake(socket(), headers, (text) => text.includes('"status":"pending"'));
  expect(status).toBe(101);
});

test('by cookie from elsewhere, with both secrets, with a bad cursor, anywhere else: a problem', async () => {
  const bad = [
    await handshake(socket(), { cookie: cookie(), origin: 'https://evil.example' }),
    await handshake(socket(), { cookie: cookie() }),
    await handshake(socket(), {
      cookie: cookie(),
      authorization: 'Bearer x',
      origin: 'http://localhost:8080',
    }),
    await handshake(`${socket()}?after=nonsense`, { cookie: cookie(), origin: 'http://localhost:8080' }),
    await handshake(`${socket()}?after=1-1&after=1-1`, { cookie: cookie(), origin: 'http://localhost:8080' }),
    await handshake(`${socket()}?after=%FF`),
  ];
  for (const [status, body] of bad)
    expect([status, JSON.parse(body)]).toEqual([400, expect.objectContaining({ code: 'invalid_request' })]);
  for (const path of ['/', '/v1/tickets/x/socket', '/nothing', '//[', '/v1/tickets'])
    expect((await handshake(path))[0]).toBe(404);
});

test('without an upgrade it says what to ask for', async () => {
  const response = await fetch(`${edge.url}${socket()}`);
  expect([response.status, await response.json()]).toEqual([
    400,
    expect.objectContaining({ field: 'Upgrade' }),
  ]);
});

test('another protocol that is offered is not taken up, and nothing is lost of the request', async () => {
  const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__';
  const body = JSON.stringify({ client_id: 'nobody', code_challenge: 'x' });
  const post = `POST /v1/tickets HTTP/1.1\r\nHost: localhost:8080\r\n${offer}\r\n`;
  const get = 'GET /livez HTTP/1.1\r\nHost: localhost:8080\r\n';
  const more = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  expect(await rawRequest(edge.url, `${post}${more}`, (text) => text.endsWith('}'))).toMatch(
    /^HTTP\/1\.1 400 [^]*"field":"code_challenge"/,
  );
  const answers = await rawRequest(edge.url, `${get}${offer}\r\n\r\n${get}Connection: close\r\n\r\n`);
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
});

test('a session’s socket refuses by bearer what a ticket’s does: a foreign origin and a bad cursor are problems', async () => {
  const path = `/v1/sessions/${'s'.repeat(22)}/socket`;
  const headers = { authorization: 'Bearer x' };
  const bad = [
    await handshake(path, { ...headers, origin: 'https://evil.example' }),
    await handshake(`${path}?after=nonsense`, headers),
    await handshake(`${path}?after=1-1&after=1-1`, headers),
  ];
  for (const [status, body] of bad)
    expect([status, JSON.parse(body)]).toEqual([400, expect.objectContaining({ code: 'invalid_request' })]);
  expect((await handshake(path, headers))[0]).toBe(101);
  expect((await handshake('/v1/sessions/x/socket', headers))[0]).toBe(404);
});

test('what an upgrade and the parser refuse is counted, and a line of the log', async () => {
  const count = async (code: string): Promise<number> =>
    (await edge.metrics.problems.get()).values.find(({ labels }) => labels.code === code)?.value ?? 0;
  const [unknown, invalid] = [await count('not_found'), await count('invalid_request')];
  await handshake('/nothing');
  for (const _ of [1, 2]) await rawRequest(edge.url, 'nonsense\r\n\r\n');
  expect(await count('not_found')).toBe(unknown + 1);
  expect(await count('invalid_request')).toBe(invalid + 2);
  const told = edge.lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  expect(told.findLast(({ msg }) => msg === 'socket refused')).toMatchObject({
    status: 404,
    why: 'not_found',
  });
  expect(told.filter(({ msg }) => msg === 'what came is no HTTP')).toHaveLength(1);
});
