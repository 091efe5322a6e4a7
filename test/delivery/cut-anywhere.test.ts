import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectStatus } from '../support/call.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { rounds, seeded } from '../support/random.ts';
import { Recorder } from '../support/recorder.ts';
import { confirm, mint, readScanCode, scan } from '../support/signin.ts';
import { watch } from '../support/watching.ts';
import { History } from './history.ts';

const AT_A_TIME = 4;
const MANY = 50;
/** Time for the comment behind a notice, the cut and the next stream. */
const PAUSE_MS = 150;
/** As much as the length of a cursor and of the comments may differ. */
const AROUND = 8;

let gateway: Gateway;
let proxies: FaultProxy[];

beforeAll(async () => {
  gateway = await startGateway();
  proxies = await Promise.all(
    Array.from({ length: AT_A_TIME }, () => startFaultProxy({ port: gateway.port })),
  );
});

afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await gateway?.stop();
});

/** What passed of a sign-in's first stream: all of it, and where each notice was complete. */
interface Passed {
  readonly bytes: number;
  readonly ends: readonly number[];
}

/**
 * One sign-in whose first stream is cut after so many bytes; the next ones are whole.
 *
 * @param pauseMs how long the phone waits after each notice, so that a cut behind it is mended before the next.
 */
async function signInCutAfter(bytes: number, proxy: FaultProxy, pauseMs: number): Promise<Passed> {
  const recorder = new Recorder();
  const ticket = await mint(gateway.url);
  const history = new History(ticket);
  const before = proxy.passed('toClient');
  const ends: number[] = [];
  const ear = recorder.observe(ticket.ticketId, `cut after ${bytes}`);
  proxy.set('toClient', { kind: 'cut-after', bytes });
  const watching = watch('events', ticket, {
    bases: [proxy.url, ...Array.from({ length: MANY }, () => gateway.url)],
    onNotice: (notice) => {
      ends.push(proxy.passed('toClient') - before);
      ear(notice);
    },
  });
  const pending = await watching.told('pending');
  await sleep(pauseMs);
  const scanned = expectStatus(await scan(gateway.url, readScanCode(pending)), 201);
  await history.look();
  await watching.told('scanned');
  await sleep(pauseMs);
  expectStatus(await confirm(gateway.url, scanned), 200);
  await history.look();
  await watching.final;
  expect(recorder.judge(history.log)).toEqual([]);
  expect(watching.notices.map(({ status }) => status)).toEqual(['pending', 'scanned', 'confirmed']);
  expect(watching.notices.filter(({ reset }) => reset)).toEqual([]);
  return { bytes: proxy.passed('toClient') - before, ends };
}

test(
  'a sign-in cut anywhere goes on with its cursor: nothing is missed, nothing comes twice',
  seeded(async (random) => {
    const whole = await signInCutAfter(1_000_000, proxies[0]!, PAUSE_MS);
    const everywhere = Array.from({ length: whole.bytes }, (_, bytes) => ({ bytes, pauseMs: 0 }));
    // Behind a complete notice the cursor counts most: there each byte is cut, with time to come back.
    const behind = whole.ends.slice(0, -1).flatMap((end) =>
      Array.from({ length: AROUND * 2 }, (_, index) => ({
        bytes: end - AROUND + index,
        pauseMs: PAUSE_MS,
      })),
    );
    const sample = random.shuffled(everywhere).slice(0, rounds(20, whole.bytes));
    const cuts = [...sample, ...behind];
    const queue = [...cuts];
    await Promise.all(
      proxies.map(async (proxy) => {
        for (let cut = queue.pop(); cut !== undefined; cut = queue.pop())
          await signInCutAfter(cut.bytes, proxy, cut.pauseMs);
      }),
    );
    console.log(`a sign-in over SSE is ${whole.bytes} bytes; it was cut ${cuts.length} times`);
  }),
  600_000,
);
