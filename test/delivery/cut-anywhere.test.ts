import { afterAll, beforeAll, expect, test } from '@jest/globals';
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

/** One sign-in whose first stream is cut after so many bytes; the next ones are whole. Returns what passed. */
async function signInCutAfter(bytes: number, proxy: FaultProxy): Promise<number> {
  const recorder = new Recorder();
  const ticket = await mint(gateway.url);
  const history = new History(ticket);
  const before = proxy.passed('toClient');
  proxy.set('toClient', { kind: 'cut-after', bytes });
  const watching = watch('events', ticket, {
    bases: [proxy.url, ...Array.from({ length: MANY }, () => gateway.url)],
    onNotice: recorder.observe(ticket.ticketId, `cut after ${bytes}`),
  });
  const scanned = expectStatus(await scan(gateway.url, readScanCode(await watching.told('pending'))), 201);
  await history.look();
  await watching.told('scanned');
  expectStatus(await confirm(gateway.url, scanned), 200);
  await history.look();
  await watching.final;
  expect(recorder.judge(history.log)).toEqual([]);
  expect(watching.notices.map(({ status }) => status)).toEqual(['pending', 'scanned', 'confirmed']);
  expect(watching.notices.filter(({ reset }) => reset)).toEqual([]);
  return proxy.passed('toClient') - before;
}

test(
  'a sign-in cut anywhere goes on with its cursor: nothing is missed, nothing comes twice',
  seeded(async (random) => {
    const whole = await signInCutAfter(1_000_000, proxies[0]!);
    const everywhere = Array.from({ length: whole }, (_, bytes) => bytes);
    const cuts = random.shuffled(everywhere).slice(0, rounds(80, whole));
    const queue = [...cuts];
    await Promise.all(
      proxies.map(async (proxy) => {
        for (let bytes = queue.pop(); bytes !== undefined; bytes = queue.pop())
          await signInCutAfter(bytes, proxy);
      }),
    );
    console.log(`a sign-in over SSE is ${whole} bytes; it was cut after ${cuts.length} of them`);
  }),
  600_000,
);
