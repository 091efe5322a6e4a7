import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectStatus } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { rounds } from '../support/random.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { mint, readScanCode, scan } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { crowd } from './crowd.ts';
import type { Waiting } from './crowd.ts';
import { curve, percentile } from './curve.ts';

const CLIENTS = rounds(150, 5000);
const TICKETS = 20;
const WINDOW_MS = rounds(3000, 5000);

let redis: Redis;
let leaves: Gateway;
let stays: Gateway;
let clients: readonly Waiting[] = [];

beforeAll(async () => {
  redis = await startRedis();
  const env = {
    SCANGATE_STORE: redis.url,
    SCANGATE_WATCHERS_PER_TICKET: String(CLIENTS),
    SCANGATE_DRAIN_WAIT: 'PT0.5S',
    SCANGATE_DRAIN_WINDOW: `PT${WINDOW_MS / 1000}S`,
    SCANGATE_DRAIN_MAX: 'PT1M',
    SCANGATE_SSE_RETRY: 'PT0.5S',
    SCANGATE_TICKET_LIFE: 'PT3M',
    SCANGATE_QR_PERIOD: 'PT3M',
  };
  [leaves, stays] = await Promise.all([startGateway({ env }), startGateway({ env })]);
});

afterAll(async () => {
  for (const client of clients) client.stop();
  await Promise.all([leaves?.stop(), stays?.stop()]);
  await redis?.stop();
});

test('SIGTERM with many waiting clients: no error, closed over the window, all back', async () => {
  const tickets: Minted[] = [];
  for (let index = 0; index < TICKETS; index += 1) tickets.push(await mint(stays.url));
  let base = leaves.url;
  clients = crowd(CLIENTS, tickets, () => base);
  // A poll was told the state and asks again; its first answer is no connection that waits.
  const waits = ({ transport, told, openedAtMs }: Waiting): boolean =>
    told.length === 1 && (transport === 'poll' || openedAtMs.length === 1);
  await until(() => clients.every(waits), { withinMs: 60_000, everyMs: 50, what: 'all waiting' });
  await sleep(500); // for the second request of each poll

  base = stays.url; // a balancer sends newcomers elsewhere as soon as readiness is red
  const signalledAt = performance.now();
  leaves.signal('SIGTERM');
  await sleep(WINDOW_MS / 4);
  leaves.signal('SIGTERM'); // a second one in between changes nothing
  const ending = await leaves.exited;
  const tookMs = performance.now() - signalledAt;
  expect(ending).toEqual({ code: 0, signal: null });

  const closes = clients.flatMap(({ transport, endings }) =>
    endings.filter(({ atMs }) => atMs > signalledAt).map((one) => ({ transport, ...one })),
  );
  const graceful = { events: ['end'], poll: ['204'], socket: ['1012'] };
  expect(closes.filter(({ transport, how }) => !graceful[transport].includes(how))).toEqual([]);
  expect(closes.filter(({ transport }) => transport !== 'poll').length).toBeGreaterThanOrEqual(
    Math.floor((CLIENTS * 2) / 3),
  );
  const untold = closes.filter(
    ({ transport, askedToComeBackInMs }) => transport !== 'poll' && askedToComeBackInMs === undefined,
  );
  expect(untold).toEqual([]);

  // Evenly would be 80 % of the window; all at once would be next to nothing.
  const times = closes.map(({ atMs }) => atMs);
  expect(percentile(times, 0.9) - percentile(times, 0.1)).toBeGreaterThan(WINDOW_MS / 3);

  for (const ticket of tickets) expectStatus(await scan(stays.url, readScanCode(ticket.notice)), 201);
  const isBack = ({ told }: Waiting): boolean => told.at(-1)?.status === 'scanned';
  await until(() => clients.every(isBack), { withinMs: 30_000, everyMs: 50, what: 'all back' });
  for (const { told } of clients) expect(told.map(({ status }) => status)).toEqual(['pending', 'scanned']);
  const back = clients.flatMap(({ openedAtMs }) => openedAtMs.filter((atMs) => atMs > signalledAt));
  console.log(
    `${CLIENTS} clients, gone after ${tookMs.toFixed(0)} ms; closes after SIGTERM:\n` +
      `${curve(times, signalledAt, 250)}\nback (reconnections answered):\n${curve(back, signalledAt, 250)}`,
  );
}, 180_000);
