import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectStatus } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { rounds } from '../support/random.ts';
import { confirm, mint, readScanCode, scan } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { TRANSPORTS, watch } from '../support/watching.ts';
import { percentile } from './curve.ts';

const STALLED = rounds(100, 1000);
const PER_TICKET = 10;
const SIGN_INS = rounds(12, 100);
const MEMORY_EACH_BYTES = 64 * 1024;
/** Garbage of the sign-ins themselves, and of whatever else the process does. */
const MEMORY_FREE_BYTES = 64 * 1024 * 1024;

let gateway: Gateway;
const sockets: Socket[] = [];

beforeAll(async () => {
  gateway = await startGateway({
    env: { SCANGATE_SSE_HEARTBEAT: 'PT0.1S', SCANGATE_TICKET_LIFE: 'PT3M', SCANGATE_QR_PERIOD: 'PT3M' },
  });
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await gateway?.stop();
});

/** Asks for a stream, and never reads a byte of it. */
function stall({ ticketId, secret }: Minted): void {
  const socket = connect({ port: gateway.port, host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.pause();
  socket.write(
    `GET /v1/tickets/${ticketId}/events HTTP/1.1\r\nHost: localhost:${gateway.port}\r\n` +
      `Authorization: Bearer ${secret}\r\nAccept: text/event-stream\r\n\r\n`,
  );
  sockets.push(socket);
}

/** Resident bytes of the gateway's process (Linux). */
async function memory(): Promise<number> {
  const status = await readFile(`/proc/${gateway.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

/** How long the notice of a scan took, from the phone's request on, over many sign-ins. */
async function latencies(): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < SIGN_INS; index += 1) {
    const ticket = await mint(gateway.url);
    const watching = watch(TRANSPORTS[index % TRANSPORTS.length]!, ticket);
    const pending = await watching.told('pending');
    const begun = performance.now();
    const scanning = scan(gateway.url, readScanCode(pending));
    await watching.told('scanned');
    times.push(performance.now() - begun);
    expectStatus(await confirm(gateway.url, expectStatus(await scanning, 201)), 200);
    await watching.final;
  }
  return times;
}

const told = (times: readonly number[]): string =>
  `p50 ${percentile(times, 0.5).toFixed(1)} ms, p99 ${percentile(times, 0.99).toFixed(1)} ms`;

test('readers that stopped reading hold little, and hold up nobody', async () => {
  await latencies(); // warms up
  const alone = await latencies();
  const before = await memory();
  const tickets = await Promise.all(Array.from({ length: STALLED / PER_TICKET }, () => mint(gateway.url)));
  for (const ticket of tickets) for (let index = 0; index < PER_TICKET; index += 1) stall(ticket);
  await sleep(rounds(3000, 60_000));
  for (const ticket of tickets) {
    const scanned = expectStatus(await scan(gateway.url, readScanCode(ticket.notice)), 201);
    expectStatus(await confirm(gateway.url, scanned), 200);
  }
  const beside = await latencies();
  const grown = (await memory()) - before;
  console.log(
    `alone: ${told(alone)}; beside ${STALLED} stalled readers: ${told(beside)}; ` +
      `memory grew by ${(grown / 1024 / 1024).toFixed(1)} MB`,
  );
  expect(grown).toBeLessThan(STALLED * MEMORY_EACH_BYTES + MEMORY_FREE_BYTES);
  expect(percentile(beside, 0.5)).toBeLessThan(percentile(alone, 0.5) * 10 + 250);
}, 300_000);
