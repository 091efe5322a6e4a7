import { expect, test } from '@jest/globals';
import type { LogEntry } from '../../../src/store/redis/format/log-entry.ts';
import { formatEntry } from '../../../src/store/redis/format/log-entry.ts';
import { FailoverState } from '../../../src/store/redis/failover/failover-state.ts';
import type { Incident } from '../../../src/store/redis/failover/incident.ts';
import { RedoRing } from '../../../src/store/redis/failover/redo-ring.ts';
import type { Subject } from '../../../src/store/subject.ts';
import { partitionOf } from '../../../src/store/subject.ts';
import { VirtualTime } from '../../support/virtual-time.ts';

const WINDOW_MS = 30_000;
const ONE: Subject = `ticket:${'A'.repeat(22)}`;
const OTHER: Subject = `ticket:${'A'.repeat(21)}B`;

function entry(subject: Subject, version: number): string {
  const logged: LogEntry = {
    event: {
      subject,
      version,
      id: `${version}-7`,
      at: 1_000 * version,
      deadline: 100_000,
      type: 'minted',
      schema: 1,
      data: '{}',
    },
    after: null,
  };
  return formatEntry(logged);
}

function ring(sizeMax = 1_000_000): { ring: RedoRing; dropped: number[] } {
  const dropped: number[] = [];
  return {
    ring: new RedoRing({ windowMs: WINDOW_MS, sizeMax, onFull: (count) => dropped.push(count) }),
    dropped,
  };
}

test('an entry is kept for the window before the last answer that counts, and told by subject', () => {
  const { ring: kept } = ring();
  kept.add(entry(ONE, 1), 0, 10_000, 10_000);
  kept.add(entry(OTHER, 1), 0, 10_001, 10_001);
  kept.add(entry(ONE, 2), 0, 10_002, 10_002);
  expect(kept.entriesOf(0, 10_000 + WINDOW_MS)).toEqual(
    new Map([
      [ONE, [entry(ONE, 1), entry(ONE, 2)]],
      [OTHER, [entry(OTHER, 1)]],
    ]),
  );
  expect(kept.entriesOf(0, 10_001 + WINDOW_MS)).toEqual(
    new Map([
      [OTHER, [entry(OTHER, 1)]],
      [ONE, [entry(ONE, 2)]],
    ]),
  );
  expect(kept.entriesOf(1, 10_000)).toEqual(new Map());
});

test('what is too old goes when the next one comes, and its version is forgotten with it', () => {
  const { ring: kept } = ring();
  kept.add(entry(ONE, 3), 0, 10_000, 10_000);
  expect([kept.newestOf(ONE), kept.size]).toEqual([3, entry(ONE, 3).length]);
  kept.add(entry(OTHER, 1), 0, 10_001 + WINDOW_MS, 10_001 + WINDOW_MS);
  expect([kept.newestOf(ONE), kept.newestOf(OTHER), kept.size]).toEqual([0, 1, entry(OTHER, 1).length]);
});

test('the same entry again stays as old as it was', () => {
  const { ring: kept } = ring();
  kept.add(entry(ONE, 1), 0, 10_000, 10_000);
  kept.add(entry(ONE, 1), 0, 20_000, 20_000);
  expect(kept.size).toBe(entry(ONE, 1).length);
  expect(kept.entriesOf(0, 10_001 + WINDOW_MS).size).toBe(0);
});

test('canaries are not kept, and a ring without room keeps nothing', () => {
  const { ring: kept } = ring();
  kept.add(entry('canary:1', 1), 0, 10_000, 10_000);
  const { ring: off, dropped } = ring(0);
  off.add(entry(ONE, 1), 0, 10_000, 10_000);
  expect([kept.size, off.size, dropped]).toEqual([0, 0, []]);
});

test('it never holds more characters than it may: the oldest tenth of each partition goes, and it says how many', () => {
  const length = entry(ONE, 1).length;
  const { ring: kept, dropped } = ring(20 * length);
  for (let i = 0; i < 20; i += 1) kept.add(entry(ONE, 100 + i).slice(0, length), 0, 10_000 + i, 10_000);
  expect(dropped).toEqual([]);
  kept.add(entry(OTHER, 1), 1, 10_020, 10_000);
  expect(dropped).toEqual([2 + 1]);
  expect(kept.size).toBeLessThanOrEqual(20 * length);
  expect(kept.entriesOf(0, 10_000).get(ONE)?.[0]).toBe(entry(ONE, 102).slice(0, length));
});

function state(trustsAtOnce: boolean): { state: FailoverState; incidents: Incident[]; time: VirtualTime } {
  const incidents: Incident[] = [];
  const time = new VirtualTime(500);
  return {
    incidents,
    time,
    state: new FailoverState({
      settings: { ringMs: WINDOW_MS, ringSizeMax: 1_000_000, graceMs: 5_000 },
      partitions: 16,
      time,
      trustsAtOnce,
      onIncident: (incident) => incidents.push(incident),
    }),
  };
}

const PARTITION = partitionOf(ONE, 16);

test('nothing grows old while the store is away, however long that is', () => {
  const { state: known, time } = state(true);
  known.answered(PARTITION, 1_000);
  known.observed(entry(ONE, 1), PARTITION, 2_000);
  time.standStill(10 * WINDOW_MS);
  expect(known.entriesOf([PARTITION])).toEqual([[ONE, [entry(ONE, 1)]]]);
  known.answered(PARTITION, 2_001 + WINDOW_MS);
  expect(known.entriesOf([PARTITION])).toEqual([]);
});

test('an older read of the log does not set the store’s time back', () => {
  const { state: known } = state(true);
  known.answered(PARTITION, 5_000 + WINDOW_MS);
  known.observed(entry(ONE, 1), PARTITION, 2_000);
  expect(known.trustedAt(PARTITION)).toBe(5_000 + WINDOW_MS);
  expect(known.entriesOf([PARTITION])).toEqual([[ONE, [entry(ONE, 1)]]]);
});

test('nor does it while the master may be one that others have replaced, until its answers count again', () => {
  const { state: known } = state(false);
  known.observed(entry(ONE, 1), PARTITION, 2_000);
  known.answered(PARTITION, 2_000 + 10 * WINDOW_MS);
  known.observed(entry(ONE, 2), PARTITION, 2_000 + 10 * WINDOW_MS);
  expect(known.entriesOf([PARTITION])).toEqual([[ONE, [entry(ONE, 1), entry(ONE, 2)]]]);
  known.trust(known.answeredTimes());
  expect(known.entriesOf([PARTITION])).toEqual([[ONE, [entry(ONE, 2)]]]);
});

test('a failover is fresh for the grace and no longer, and the first look is none', () => {
  const { state: known, time } = state(true);
  expect(known.isFresh()).toBe(false);
  known.changed();
  time.pass(4_999);
  expect(known.isFresh()).toBe(true);
  time.pass(1);
  expect(known.isFresh()).toBe(false);
});
