import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { expectStatus } from '../support/call.ts';
import { freePorts, startChild, untilPrinted } from '../support/child.ts';
import type { Child } from '../support/child.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { rounds } from '../support/random.ts';
import { confirm, mint, readScanCode, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { crowd } from './crowd.ts';
import type { Waiting } from './crowd.ts';
import { curve, percentile } from './curve.ts';

const CLIENTS = rounds(150, 10_000);
const TICKETS = 20;
/** Each client costs a relay two descriptors, and one process has 20,000 here. */
const RELAYS = rounds(2, 4);

let gateway: Gateway;
let ports: readonly number[] = [];
let relays: readonly Child[] = [];
let clients: readonly Waiting[] = [];

beforeAll(async () => {
  gateway = await startGateway({
    env: {
      SCANGATE_WATCHERS_PER_TICKET: String(CLIENTS),
      SCANGATE_TICKET_LIFE: 'PT3M',
      SCANGATE_QR_PERIOD: 'PT3M',
    },
  });
  ports = await freePorts(RELAYS);
  relays = await startRelays();
});

afterAll(async () => {
  for (const client of clients) client.stop();
  await Promise.all(relays.map((relay) => relay.kill()));
  await gateway?.stop();
});

async function startRelays(): Promise<readonly Child[]> {
  const program = fileURLToPath(new URL('relay.mjs', import.meta.url));
  const started = ports.map((port) => startChild(process.execPath, [program, `${port}`, `${gateway.port}`]));
  await Promise.all(started.map((relay) => untilPrinted(relay, /relays/)));
  return started;
}

test('many clients cut at once: all come back, none has failed for good', async () => {
  const tickets = await Promise.all(Array.from({ length: TICKETS }, () => mint(gateway.url)));
  let asked = 0;
  clients = crowd(CLIENTS, tickets, () => `http://localhost:${ports[asked++ % RELAYS]}`);
  await until(() => clients.every(({ told }) => told.length === 1), {
    withinMs: 60_000,
    everyMs: 50,
    what: 'all waiting',
  });
  const cutAt = performance.now();
  await Promise.all(relays.map((relay) => relay.kill()));
  relays = await startRelays();
  const back = (client: Waiting): number | undefined => client.openedAtMs.find((atMs) => atMs > cutAt);
  // A poll that waits is answered with the next transition only.
  const isBack = (client: Waiting): boolean => client.transport === 'poll' || back(client) !== undefined;
  await until(() => clients.every(isBack), { withinMs: 60_000, everyMs: 20, what: 'all back' });
  for (const ticket of tickets) {
    const scanned = expectStatus(await scan(gateway.url, readScanCode(ticket.notice)), 201);
    expectStatus(await confirm(gateway.url, scanned), 200);
  }
  await until(() => clients.every(({ over }) => over), { withinMs: 60_000, what: 'every outcome' });
  for (const { told } of clients) {
    const versions = told.map(({ cursor }) => Number(cursor.split('-')[0]));
    expect(versions).toEqual([...new Set(versions)].toSorted((one, other) => one - other));
    expect(told.some(({ reset }) => reset)).toBe(false);
  }
  const times = clients.flatMap((client) =>
    client.transport === 'poll' ? [] : [(back(client) ?? Infinity) - cutAt],
  );
  console.log(
    `${CLIENTS} clients cut at once; back after p50 ${percentile(times, 0.5).toFixed(0)} ms, ` +
      `p99 ${percentile(times, 0.99).toFixed(0)} ms:\n${curve(times, 0, 250)}`,
  );
}, 180_000);
