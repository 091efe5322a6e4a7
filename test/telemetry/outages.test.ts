import { beforeEach, expect, test } from '@jest/globals';
import { makeLog } from '../../src/telemetry/log.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { Outages } from '../../src/telemetry/outages.ts';
import type { Outage } from '../../src/telemetry/outages.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const QUIET_MS = 5000;

let time: VirtualTime;
let told: string[];
let outage: Outage;
let metrics: ReturnType<typeof makeMetrics>;

beforeEach(() => {
  time = new VirtualTime();
  told = [];
  metrics = makeMetrics(false);
  const log = makeLog('info', {
    write: (line) => void told.push((JSON.parse(line) as { readonly msg: string }).msg),
  });
  const options = { now: () => time.now(), after: (ms: number, call: () => void) => time.after(ms, call) };
  outage = new Outages({ log, metrics, quietMs: QUIET_MS, ...options }).about('store');
});

const fail = (cause = 'refused', use = 'append'): void => outage.failed(use, { cause, why: 'ECONNREFUSED' });
const away = async (): Promise<number | undefined> => (await metrics.outages.get()).values[0]?.value;

test('what failed and works again is over once it was quiet for long enough, though nobody asks again', async () => {
  fail();
  expect(await away()).toBe(1);
  time.pass(100);
  outage.worked('append');
  time.pass(QUIET_MS - 101);
  expect(told).toEqual(['an outage began']);
  time.pass(1);
  expect(told).toEqual(['an outage began', 'an outage is over']);
  expect(await away()).toBe(0);
  expect(time.waiting).toBe(0);
});

test('what fails meanwhile goes on', () => {
  fail();
  outage.worked('append');
  time.pass(QUIET_MS / 2);
  fail();
  time.pass(10 * QUIET_MS);
  expect(told).toEqual(['an outage began']);
  outage.worked('append');
  expect(told).toEqual(['an outage began', 'an outage is over']);
});

test('what works and fails by turns is not over between', () => {
  for (let i = 0; i < 8; i += 1) {
    fail();
    time.pass(QUIET_MS / 2);
    outage.worked('append');
    time.pass(QUIET_MS / 4);
  }
  expect(told).toEqual(['an outage began']);
  time.pass(QUIET_MS);
  expect(told).toHaveLength(2);
});

test('that something else works is no end, but where what failed was not repeated for long', () => {
  fail();
  time.pass(2 * QUIET_MS);
  outage.worked('due');
  expect(told).toEqual(['an outage began']);
  time.pass(30_000);
  outage.worked('due');
  expect(told).toHaveLength(2);
});

test('fifty failures a second, for four minutes, are one line a minute', () => {
  for (let i = 0; i < 12_000; i += 1) {
    fail();
    time.pass(20);
  }
  expect(told).toEqual(['an outage began', ...Array<string>(3).fill('an outage goes on')]);
  fail('loading');
  expect(told.at(-1)).toBe('an outage has another cause');
});

test('what is needed no longer is over, and what still fails there is told no more', async () => {
  fail();
  outage.worked('append');
  outage.end();
  expect(await away()).toBe(0);
  fail();
  outage.end();
  time.pass(10 * QUIET_MS);
  expect(await away()).toBe(0);
  expect(told).toEqual(['an outage began', 'an outage is over']);
  expect(time.waiting).toBe(0);
});
