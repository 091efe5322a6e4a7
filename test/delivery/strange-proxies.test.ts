import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EventSource } from 'eventsource';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { expectStatus } from '../support/call.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { at, confirm, mint, readScanCode, scan } from '../support/signin.ts';
import type { Minted, Notice } from '../support/signin.ts';
import { until } from '../support/until.ts';

let gateway: Gateway;
let proxy: FaultProxy;
const closing: (() => void)[] = [];

beforeAll(async () => {
  gateway = await startGateway({
    env: { SCANGATE_SSE_RETRY: 'PT0.2S', SCANGATE_SSE_HEARTBEAT: 'PT1M' },
  });
  proxy = await startFaultProxy({ port: gateway.port });
});

afterAll(async () => {
  for (const close of closing) close();
  await proxy?.stop();
  await gateway?.stop();
});

interface Reader {
  readonly told: Notice[];
  /** An EventSource that gave up says 2 here. */
  readonly state: () => number;
}

/** The `eventsource` package, with nothing of ours but the bearer. */
function readWithEventSource(ticket: Minted): Reader {
  const told: Notice[] = [];
  const source = new EventSource(at(proxy.url, ticket.links.events), {
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...ticket.secretHeaders } }),
  });
  source.addEventListener('ticket', (event) => told.push(JSON.parse(event.data as string) as Notice));
  closing.push(() => source.close());
  return { told, state: () => source.readyState };
}

/** `ws`, opened again after whatever end but 1000. */
function readWithWs(ticket: Minted): Reader {
  const told: Notice[] = [];
  let socket: WebSocket;
  let over = false;
  const open = (): void => {
    const url = new URL(at(proxy.url, ticket.links.socket));
    url.protocol = 'ws:';
    const last = told.at(-1)?.cursor;
    if (last !== undefined) url.searchParams.set('after', last);
    socket = new WebSocket(url, 'scangate.v1');
    socket.on('open', () => socket.send(JSON.stringify({ bearer: ticket.secret })));
    socket.on('message', (data: Buffer) => told.push(JSON.parse(data.toString('utf8')) as Notice));
    socket.on('error', () => {});
    socket.on('close', (code) => {
      over ||= code === 1000;
      if (!over) setTimeout(open, 100);
    });
  };
  open();
  closing.push(() => {
    over = true;
    socket.terminate();
  });
  return { told, state: () => socket.readyState };
}

const statuses = ({ told }: Reader): string[] => told.map(({ status }) => status);
const READERS = [
  ['eventsource', readWithEventSource],
  ['ws', readWithWs],
] as const;

test('a proxy that holds each message until the next comes: an EventSource is told all the same', async () => {
  proxy.set('toClient', { kind: 'one-behind' });
  const ticket = await mint(gateway.url);
  const reader = readWithEventSource(ticket);
  await until(() => statuses(reader).includes('pending'), { what: 'pending, one behind' });
  const begun = performance.now();
  const phone = expectStatus(await scan(gateway.url, readScanCode(ticket.notice)), 201);
  // Sooner than the next heartbeat, which would bring it as well: at the earliest 42 s after the last piece.
  await until(() => statuses(reader).includes('scanned'), { withinMs: 30_000, what: 'scanned, one behind' });
  const scannedMs = performance.now() - begun;
  expectStatus(await confirm(gateway.url, phone), 200);
  await until(() => statuses(reader).includes('confirmed'), { what: 'confirmed, one behind' });
  expect(statuses(reader)).toEqual(['pending', 'scanned', 'confirmed']);
  console.log(`one behind: told of the scan after ${scannedMs.toFixed(0)} ms`);
  proxy.heal();
});

test.each(READERS)(
  'a proxy that swallows while it stays open, and is cut at last: %s is told what is',
  async (_name, read) => {
    const ticket = await mint(gateway.url);
    const reader = read(ticket);
    await until(() => statuses(reader).includes('pending'), { what: 'pending' });
    proxy.set('toClient', { kind: 'swallow' });
    const phone = expectStatus(await scan(gateway.url, readScanCode(ticket.notice)), 201);
    expectStatus(await confirm(gateway.url, phone), 200);
    await sleep(500);
    expect(statuses(reader)).toEqual(['pending']);
    proxy.heal();
    proxy.cut();
    await until(() => statuses(reader).includes('confirmed'), { withinMs: 30_000, what: 'the outcome' });
    expect(statuses(reader)).toEqual(['pending', 'confirmed']);
    expect(reader.told.at(-1)?.reset).toBe(false);
  },
);

test('after the outcome an EventSource is stopped, and does not come back', async () => {
  const ticket = await mint(gateway.url);
  const reader = readWithEventSource(ticket);
  await until(() => statuses(reader).includes('pending'), { what: 'pending' });
  const phone = expectStatus(await scan(gateway.url, readScanCode(ticket.notice)), 201);
  expectStatus(await confirm(gateway.url, phone), 200);
  await until(() => reader.state() === EventSource.CLOSED, { withinMs: 30_000, what: 'the stop' });
  const accepted = proxy.accepted();
  await sleep(1000);
  expect(proxy.accepted()).toBe(accepted);
  expect(statuses(reader).at(-1)).toBe('confirmed');
});
