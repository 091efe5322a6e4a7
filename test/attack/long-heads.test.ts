import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';
import { rawRequest } from '../http/raw-request.ts';

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge({ env: { SCANGATE_TRUSTED_PROXIES: '127.0.0.1' } });
});
afterAll(() => edge.stop());

/** More lines than Node keeps by itself, within the bytes of a head. */
const JUNK = 'A: 1\r\n'.repeat(1100);

const statuses = (answer: string): readonly string[] =>
  [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status);

test('attack: a Content-Length behind very many lines still counts, beside an upgrade that is not taken up too', async () => {
  const body = 'GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n';
  for (const offer of ['', 'Connection: Upgrade\r\nUpgrade: h2c\r\n']) {
    const head = `POST /livez HTTP/1.1\r\nHost: localhost\r\n${offer}${JUNK}Connection: close\r\nContent-Length: ${body.length}`;
    expect(statuses(await rawRequest(edge.url, `${head}\r\n\r\n${body}`))).toEqual(['405']);
  }
});

test('attack: whom a listed proxy forwards for is seen behind very many lines', async () => {
  const head = `GET /nothing HTTP/1.1\r\nHost: localhost\r\n${JUNK}X-Forwarded-For: 10.1.2.3`;
  expect(statuses(await rawRequest(edge.url, `${head}\r\nConnection: close\r\n\r\n`))).toEqual(['404']);
  const line = edge.lines.find((text) => text.includes('"status":404'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({ ip: '10.1.2.3' });
});

test('attack: a second Host is refused behind very many lines', async () => {
  const head = `GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${JUNK}Host: rebound.example`;
  expect(statuses(await rawRequest(edge.url, `${head}\r\n\r\n`))).toEqual(['400']);
});
