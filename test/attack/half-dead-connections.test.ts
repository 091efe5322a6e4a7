import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { mint } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { peerPorts } from '../support/peer-ports.ts';
import { until } from '../support/until.ts';

const OF_EACH = 4;
/** The longest that any kind below may stay: a head that is waited for, its 408, the client that should close. */
const GONE_WITHIN_MS = 9000;
/** How late a gateway may be on a machine that does other work: its deadlines are times of its own event loop. */
const LATE_MS = 12_000;

let gateway: Gateway;
let ticket: Minted;
const clients: Socket[] = [];

beforeAll(async () => {
  gateway = await startGateway({
    env: {
      SCANGATE_HTTP_HEADER_TIMEOUT: 'PT1S',
      SCANGATE_HTTP_REQUEST_TIMEOUT: 'PT1S',
      SCANGATE_HTTP_KEEP_ALIVE: 'PT1S',
      SCANGATE_HTTP_LINGER: 'PT1S',
      SCANGATE_READER_STALL: 'PT1S',
      SCANGATE_READER_BYTES: '4096',
      SCANGATE_SSE_HEARTBEAT: 'PT0.1S',
      SCANGATE_SSE_LIFE_MIN: 'PT0.5S',
      SCANGATE_SSE_LIFE_MAX: 'PT1S',
      SCANGATE_SOCKET_SECRET_WAIT: 'PT0.5S',
      SCANGATE_SOCKET_PING: 'PT0.3S',
      SCANGATE_SOCKET_PONG: 'PT0.3S',
      SCANGATE_TICKET_LIFE: 'PT3M',
    },
  });
  ticket = await mint(gateway.url);
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await gateway?.stop();
});

interface Opened {
  readonly kind: string;
  /** The client's own. */
  readonly port: number;
}

/** A client that opens, says this much, reads nothing, and never closes, whatever the gateway does. Its port. */
async function halfDead(text: string, { port: to } = gateway): Promise<number> {
  const socket = connect({ port: to, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.pause();
  clients.push(socket);
  await once(socket, 'connect');
  const port = socket.localPort!;
  socket.write(text);
  return port;
}

const head = (request: string, ...headers: readonly string[]): string =>
  [`${request} HTTP/1.1`, `Host: localhost:${gateway.port}`, ...headers, '', ''].join('\r\n');
const upgrade = (path: string, ...headers: readonly string[]): string =>
  head(
    `GET ${path}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(headers.some((line) => line.startsWith('Sec-WebSocket-Version'))
      ? []
      : ['Sec-WebSocket-Version: 13']),
    ...headers,
  );
const events = (): string =>
  head(`GET /v1/tickets/${ticket.ticketId}/events`, `Authorization: Bearer ${ticket.secret}`);
const socketPath = (): string => `/v1/tickets/${ticket.ticketId}/socket`;
const post = (...headers: readonly string[]): string =>
  head('POST /v1/tickets', 'Content-Type: application/json', ...headers);

const KINDS: readonly (readonly [string, () => string])[] = [
  ['says nothing', () => ''],
  ['begins a head', () => 'GET /livez HTTP/1.1\r\nHost: x\r\nX-'],
  ['begins a body', () => `${post('Content-Length: 100')}{`],
  ['begins a chunked body', () => `${post('Transfer-Encoding: chunked')}5\r\n{`],
  ['waits to be told to go on', () => post('Content-Length: 100', 'Expect: 100-continue')],
  ['sends no HTTP', () => 'nonsense\r\n\r\n'],
  ['sends a head too large', () => head('GET /livez', `X: ${'x'.repeat(20_000)}`)],
  ['begins a second head', () => `${head('GET /livez')}GET /livez HTTP/1.1\r\nHost`],
  ['keeps an idle connection', () => head('GET /livez')],
  ['has itself refused', () => head('GET /nothing')],
  ['asks to close', () => head('GET /livez', 'Connection: close')],
  ['sends no HTTP behind a request', () => `${head('GET /livez')}nonsense\r\n\r\n`],
  ['asks for an upgrade from elsewhere', () => upgrade(socketPath(), 'Origin: https://evil.example')],
  ['asks for an upgrade of nothing', () => upgrade('/nothing')],
  ['asks for an upgrade of another version', () => upgrade(socketPath(), 'Sec-WebSocket-Version: 7')],
  ['asks for another protocol', () => head('GET /livez', 'Connection: Upgrade', 'Upgrade: h2c')],
  ['opens a socket and says nothing', () => upgrade(socketPath())],
  [
    'opens a socket and answers no ping',
    () => upgrade(socketPath(), `Authorization: Bearer ${ticket.secret}`),
  ],
  ['asks for a tunnel', () => head('CONNECT evil.example:443')],
  ['reads no stream', events],
  [
    'reads no poll',
    () => head(`GET /v1/tickets/${ticket.ticketId}/poll`, `Authorization: Bearer ${ticket.secret}`),
  ],
  ['reads no large answers', () => head('GET /openapi.yaml').repeat(80)],
  [
    'reads no large last answers',
    () => head('GET /openapi.yaml').repeat(79) + head('GET /openapi.yaml', 'Connection: close'),
  ],
];

/** The connections that the gateway still holds, as how many of which kind. */
async function leftOver(
  opened: readonly Opened[],
  { pid } = gateway,
): Promise<Readonly<Record<string, number>>> {
  const held = await peerPorts(pid);
  const left: Record<string, number> = {};
  for (const { kind, port } of opened) if (held.has(port)) left[kind] = (left[kind] ?? 0) + 1;
  return left;
}

test('attack: connections of every kind that stall, and ignore that they were ended, leave nothing behind', async () => {
  // All at one time: where one after the other takes long, the first are gone before the last are there.
  const opened = await Promise.all(
    KINDS.flatMap(([kind, text]) =>
      Array.from({ length: OF_EACH }, async () => ({ kind, port: await halfDead(text()) })),
    ),
  );
  await until(async () => Object.keys(await leftOver(opened)).length > KINDS.length / 3, { everyMs: 10 });
  let left: Readonly<Record<string, number>> = {};
  const isEmpty = async (): Promise<boolean> => Object.keys((left = await leftOver(opened))).length === 0;
  await until(isEmpty, { withinMs: GONE_WITHIN_MS + LATE_MS, everyMs: 200 }).catch(() => undefined);
  expect(left).toEqual({});
  expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
});

test('attack: refused upgrades of clients that never close are destroyed as more come', async () => {
  // Nobody’s time is up within this test: what is destroyed had to make room.
  const patient = await startGateway({ env: { SCANGATE_HTTP_LINGER: 'PT1M', SCANGATE_DRAIN_MAX: 'PT2S' } });
  try {
    const ports = Array.from({ length: 300 }, () => halfDead(upgrade('/nothing'), patient));
    const opened = (await Promise.all(ports)).map((port) => ({ kind: 'upgrade', port }));
    // It was accepted behind all of them.
    expect((await fetch(`${patient.url}/livez`)).status).toBe(200);
    await until(async () => ((await leftOver(opened, patient))['upgrade'] ?? 0) <= 64, { everyMs: 50 });
    expect(await leftOver(opened, patient)).toEqual({ upgrade: 64 });
  } finally {
    const begun = performance.now();
    expect(await patient.stop()).toMatchObject({ code: 0 });
    // Nor do they hold up a stop.
    expect(performance.now() - begun).toBeLessThan(15_000);
  }
});

test('attack: connections that were never used do not hold up a stop', async () => {
  const going = await startGateway({ env: { SCANGATE_DRAIN_MAX: 'PT20S' } });
  const unused = Array.from({ length: 5 }, () => connect({ port: going.port, host: '127.0.0.1' }));
  await Promise.all(unused.map((socket) => once(socket, 'connect')));
  const used = connect({ port: going.port, host: '127.0.0.1', allowHalfOpen: true });
  used.write(head('GET /livez'));
  await once(used, 'data');
  const begun = performance.now();
  expect(await going.stop()).toMatchObject({ code: 0 });
  expect(performance.now() - begun).toBeLessThan(15_000);
  for (const socket of [...unused, used]) socket.destroy();
});

test('attack: one address cannot take the connections of the others', async () => {
  const bounded = await startGateway({
    env: { SCANGATE_LIMITS: 'on', SCANGATE_CONNECTIONS_PER_ADDRESS: '20', SCANGATE_CONNECTIONS_MAX: '30' },
  });
  try {
    const from = (localAddress: string): Socket => {
      const socket = connect({ port: bounded.port, host: '127.0.0.1', localAddress });
      socket.on('error', () => undefined).resume();
      clients.push(socket);
      return socket;
    };
    const ends = { one: 0, all: 0 };
    for (let count = 0; count < 40; count += 1) from('127.0.0.2').on('close', () => (ends.one += 1));
    await until(() => ends.one === 20, { what: 'the end of those over the bound of an address' });
    expect((await fetch(`${bounded.url}/livez`, { headers: { connection: 'close' } })).status).toBe(200);
    for (const address of ['127.0.0.3', '127.0.0.4'])
      for (let count = 0; count < 10; count += 1) from(address).on('close', () => (ends.all += 1));
    await until(() => ends.all === 10, { what: 'the end of those over the bound of the process' });
    await sleep(200);
    expect(ends).toEqual({ one: 20, all: 10 });
  } finally {
    await bounded.stop();
  }
});
