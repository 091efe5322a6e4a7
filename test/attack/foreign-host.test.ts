import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hostCheck } from '../../src/http/caller/host.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';
import { rawRequest } from '../http/raw-request.ts';

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge({ env: { SCANGATE_TRUSTED_PROXIES: '127.0.0.1' } });
});
afterAll(() => edge.stop());

/** The status of a request; a client elsewhere is one that the trusted proxy, this test, forwards for. */
async function status(request: string, ...headers: readonly string[]): Promise<number> {
  const answer = await rawRequest(
    edge.url,
    [`${request} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n'),
    (text) => text.startsWith('HTTP/1.1 101 '),
  );
  return Number(answer.slice(9, 12));
}
const ELSEWHERE = 'X-Forwarded-For: 10.1.2.3';
const upgrade = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
] as const;

test.each([
  '/openapi.yaml',
  '/',
  '/docs',
  '/oauth/jwks',
  '/v1/tickets/x',
  '/nothing',
  '/.well-known/openid-configuration',
])('attack: %s is not answered under a name that leads here but is not ours', async (path) => {
  expect(await status(`GET ${path}`, 'Host: rebound.example', ELSEWHERE)).toBe(400);
  expect(await status(`OPTIONS ${path}`, 'Host: rebound.example:8080', ELSEWHERE)).toBe(400);
  expect(await status(`GET ${path}`, 'Host: rebound.example', 'X-Forwarded-For: 127.0.0.1')).not.toBe(400);
  expect(await status(`GET ${path}`, 'Host: LOCALHOST:8080', ELSEWHERE)).not.toBe(400);
});

test('attack: nor does a socket open under it', async () => {
  const path = `/v1/sessions/${'s'.repeat(22)}/socket`;
  expect(await status(`GET ${path}`, 'Host: rebound.example', ELSEWHERE, ...upgrade)).toBe(400);
  expect(await status(`GET ${path}`, 'Host: localhost', 'Host: localhost', ...upgrade)).toBe(400);
  expect(await status(`GET ${path}`, 'Host: localhost:8080', ELSEWHERE, ...upgrade)).toBe(101);
});

test('attack: a second Host is refused, whatever it says and whoever asks', async () => {
  for (const path of ['/livez', '/', '/nothing'])
    for (const second of ['Host: localhost:8080', 'hOST: rebound.example'])
      expect(await status(`GET ${path}`, 'Host: localhost:8080', second)).toBe(400);
});

test('attack: nor is another host in the address, whatever the header says', async () => {
  for (const address of [
    'http://rebound.example/',
    'HTTPS://rebound.example:8080?x',
    'ftp://rebound.example/livez',
  ])
    expect(await status(`GET ${address}`, 'Host: localhost:8080', ELSEWHERE)).toBe(400);
  expect(await status('GET http://user@localhost/', 'Host: localhost')).toBe(400);
  expect(await status('GET http://localhost/', 'Host: a b')).toBe(400);
  expect(await status('GET http://LOCALHOST/openapi.yaml', 'Host: localhost:8080', ELSEWHERE)).toBe(200);
});

test('attack: an expectation brings no request past the checks, and no answer without our headers', async () => {
  const expects = 'Expect: 200-maybe';
  expect(await status('GET /oauth/jwks', 'Host: rebound.example', ELSEWHERE, expects)).toBe(400);
  expect(await status('GET /oauth/jwks', 'Host: localhost', ELSEWHERE, expects)).toBe(200);
  const answer = await rawRequest(
    edge.url,
    `GET /nothing HTTP/1.1\r\nHost: localhost\r\n${expects}\r\nConnection: close\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 404 [^]*\r\nX-Content-Type-Options: nosniff\r\n/i);
});

test('load balancers ask by any name', async () => {
  for (const path of ['/livez', '/readyz', '/livez?x=1', 'http://pod.example/livez'])
    expect(await status(`GET ${path}`, 'Host: pod.example', ELSEWHERE)).toBe(200);
  expect(await status('GET /livez/', 'Host: pod.example', ELSEWHERE)).toBe(400);
});

test.each([
  ['gateway.example', true],
  ['GATEWAY.example:443', true],
  ['203.0.113.5:8080', true],
  ['localhost', true],
  ['[::1]:80', true],
  ['gateway.example.evil.example', false],
  ['evil.example', false],
  ['203.0.113.6', false],
  ['', false],
])('a Host of %j is ours: %s', (host, isOurs) => {
  const socket = { localAddress: '::ffff:203.0.113.5' };
  const req = { headers: { host }, httpVersion: '1.1', rawHeaders: ['Host', host], url: '/', socket };
  const check = (): void =>
    hostCheck(new URL('https://gateway.example'), () => false)(req as unknown as IncomingMessage);
  if (isOurs) expect(check).not.toThrow();
  else expect(check).toThrow();
});
