import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { KINDS } from '../half-dead/kinds.ts';
import type { Target } from '../half-dead/kinds.ts';
import { freePort } from '../support/child.ts';
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
/** It ends nothing of its own accord within a test. */
let going: Gateway;
let operatorsPort: number;
const clients: Socket[] = [];

beforeAll(async () => {
  operatorsPort = await freePort();
  const impatient = {
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
  };
  const patient = { SCANGATE_DRAIN_MAX: 'PT1M', SCANGATE_ADMIN_LISTEN: `127.0.0.1:${operatorsPort}` };
  [gateway, going] = await Promise.all([startGateway({ env: impatient }), startGateway({ env: patient })]);
  ticket = await mint(gateway.url);
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await Promise.all([gateway?.stop(), going?.stop()]);
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

const targetOf = ({ port } = gateway): Target => ({ port, ticketId: ticket.ticketId, secret: ticket.secret });
const WAYS = KINDS.flatMap(({ ways }) => ways);
const textOf = (name: string, of = gateway): string =>
  WAYS.find((way) => way.name === name)!.text(targetOf(of));

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
    WAYS.flatMap(({ name, text }) =>
      Array.from({ length: OF_EACH }, async () => ({ kind: name, port: await halfDead(text(targetOf())) })),
    ),
  );
  await until(async () => Object.keys(await leftOver(opened)).length > WAYS.length / 3, { everyMs: 10 });
  let left: Readonly<Record<string, number>> = {};
  const isEmpty = async (): Promise<boolean> => Object.keys((left = await leftOver(opened))).length === 0;
  await until(isEmpty, { withinMs: GONE_WITHIN_MS + LATE_MS, everyMs: 200 }).catch(() => undefined);
  expect(left).toEqual({});
  expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
});

test('attack: of thousands of requests in one piece those beyond what a connection may have unanswered are not looked at', async () => {
  const answered = async (requests: number): Promise<number> => {
    const socket = connect({ port: gateway.port, host: '127.0.0.1' });
    clients.push(socket);
    let said = '';
    socket.setEncoding('latin1').on('data', (text: string) => (said += text));
    socket.on('error', () => undefined);
    socket.write(textOf('keeps an idle connection').repeat(requests - 1) + textOf('asks to close'));
    await new Promise((resolve) => socket.once('close', resolve));
    return said.split('HTTP/1.1 200').length - 1;
  };
  expect(await answered(32)).toBe(32);
  expect(await answered(33)).toBeLessThanOrEqual(32);
  expect(await answered(1000)).toBeLessThanOrEqual(32);
});

test('attack: what is left in the midst of its answers is counted, and kept, no longer', async () => {
  const { ticketId, secret } = await mint(going.url);
  const stream = WAYS.find(({ name }) => name === 'reads no stream')!.text({
    port: going.port,
    ticketId,
    secret,
  });
  for (const text of [stream, stream.repeat(5)]) {
    const socket = connect({ port: going.port, host: '127.0.0.1' });
    socket.write(text);
    await once(socket, 'data');
    socket.destroy();
  }
  const open = async (): Promise<readonly string[]> =>
    (await (await fetch(`http://127.0.0.1:${operatorsPort}/metrics`)).text())
      .split('\n')
      .filter((line) => line.startsWith('scangate_tcp_connections{') && !line.includes('state="new"'));
  // Those that the test’s own client keeps are idle.
  const isEmpty = async (): Promise<boolean> =>
    (await open()).every((line) => / 0$|"idle"} [01]$/.test(line));
  await until(isEmpty).catch(() => undefined);
  expect((await open()).filter((line) => !/ 0$|"idle"} [01]$/.test(line))).toEqual([]);
  expect(await open()).toContainEqual(expect.stringMatching(/"busy"} 0$/));
});

test('attack: refused upgrades of clients that never close are destroyed as more come', async () => {
  // Nobody’s time is up within this test: what is destroyed had to make room.
  const patient = await startGateway({ env: { SCANGATE_HTTP_LINGER: 'PT1M', SCANGATE_DRAIN_MAX: 'PT2S' } });
  try {
    const ports = Array.from({ length: 300 }, () =>
      halfDead(textOf('asks for an upgrade of nothing'), patient),
    );
    const opened = (await Promise.all(ports)).map((port) => ({ kind: 'upgrade', port }));
    // It was accepted behind all of them.
    expect((await fetch(`${patient.url}/livez`)).status).toBe(200);
    await until(async () => ((await leftOver(opened, patient))['upgrade'] ?? 0) <= 64, { everyMs: 50 });
    expect(await leftOver(opened, patient)).toEqual({ upgrade: 64 });
  } finally {
    // Nor do they hold up a stop: whoever did would have it killed.
    expect(await patient.stop()).toMatchObject({ code: 0 });
  }
});

test('attack: connections that were never used do not hold up a stop', async () => {
  const unused = Array.from({ length: 5 }, () => connect({ port: going.port, host: '127.0.0.1' }));
  await Promise.all(unused.map((socket) => once(socket, 'connect')));
  const used = connect({ port: going.port, host: '127.0.0.1', allowHalfOpen: true });
  used.write(textOf('keeps an idle connection', going));
  await once(used, 'data');
  // Held up, it would be killed before its own time is over.
  expect(await going.stop()).toMatchObject({ code: 0 });
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
