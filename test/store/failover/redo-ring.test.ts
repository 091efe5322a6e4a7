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

const SESSION: Subject = `session:${'A'.repeat(22)}`;
const DEADLINE = 100_000;

function entry(subject: Subject, version: number, type = 'minted', nonce = 7): string {
  const logged: LogEntry = {
    event: {
      subject,
      version,
      id: `${version}-${nonce}`,
      at: 1_000 * version,
      deadline: DEADLINE,
      type,
      schema: 1,
      data: '{}',
    },
    after: null,
  };
  return formatEntry(logged);
}

/** What a ring tells of partition 0 at a time of the store: subjects, their entries, and whether they moved lately. */
function told(kept: RedoRing, trustedAt: number): unknown {
  return kept.entriesOf(0, trustedAt).map(({ subject, texts, moved }) => [subject, texts, moved]);
}

function ring(sizeMax = 1_000_000): { ring: RedoRing; dropped: number[] } {
  const dropped: number[] = [];
  return {
    ring: new RedoRing({ windowMs: WINDOW_MS, sizeMax, onFull: (count) => dropped.push(count) }),
    dropped,
  };
}

test('an event that went another way is forgotten, and what stands there in its place is not', () => {
  const { ring: kept } = ring();
  kept.add(entry(ONE, 1), 0, 1_000, 1_000);
  kept.add(entry(ONE, 2, 'scanned', 8), 0, 2_000, 2_000);
  kept.forget(ONE, 0, '2-7');
  expect(kept.newestOf(ONE, 0)).toBe(2);
  kept.forget(ONE, 0, '2-8');
  expect(told(kept, 3_000)).toEqual([[ONE, [entry(ONE, 1)], true]]);
  kept.forget(ONE, 0, '1-7');
  expect([told(kept, 3_000), kept.size]).toEqual([[], 0]);
});

test('a ticket is kept whole as long as it lives and for the window after, whether it moves or not', () => {
  const { ring: kept } = ring();
  kept.add(entry(ONE, 1), 0, 1_000, 1_000);
  kept.add(entry(OTHER, 1), 0, 50_000, 50_000);
  kept.add(entry(ONE, 2, 'scanned'), 0, 60_000, 60_000);
  const one = [entry(ONE, 1), entry(ONE, 2, 'scanned')];
  const other = [entry(OTHER, 1)];
  expect(told(kept, 80_000)).toEqual([
    [ONE, one, true],
    [OTHER, other, true],
  ]);
  expect(told(kept, 80_001)).toEqual([
    [ONE, one, true],
    [OTHER, other, false],
  ]);
  expect(told(kept, DEADLINE + WINDOW_MS)).toEqual([
    [ONE, one, false],
    [OTHER, other, false],
  ]);
  expect(told(kept, DEADLINE + WINDOW_MS + 1)).toEqual([]);
  expect(kept.entriesOf(1, 10_000)).toEqual([]);
});

test('a ticket that ended is kept whole for the window after its end', () => {
  const { ring: kept } = ring();
  kept.add(entry(ONE, 1), 0, 1_000, 1_000);
  kept.add(entry(ONE, 2, 'cancelled'), 0, 50_000, 50_000);
  expect(told(kept, 50_000 + WINDOW_MS)).toEqual([[ONE, [entry(ONE, 1), entry(ONE, 2, 'cancelled')], true]]);
  expect(told(kept, 50_001 + WINDOW_MS)).toEqual([]);
});

test('how a ticket stands is told by its highest version, whichever was seen last', () => {
  const { ring: kept } = ring();
  kept.add(entry(ONE, 2, 'cancelled'), 0, 10_000, 10_000);
  kept.add(entry(ONE, 1), 0, 10_001, 10_001);
  expect(kept.newestOf(ONE, 0)).toBe(2);
  expect(told(kept, 10_002 + WINDOW_MS)).toEqual([]);
});

test('of a session, which lives for days, only the events of the window are kept', () => {
  const { ring: kept } = ring();
  kept.add(entry(SESSION, 1, 'opened'), 0, 10_000, 10_000);
  kept.add(entry(SESSION, 2, 'refreshed'), 0, 30_000, 30_000);
  expect(told(kept, 10_001 + WINDOW_MS)).toEqual([[SESSION, [entry(SESSION, 2, 'refreshed')], true]]);
  kept.add(entry(SESSION, 3, 'refreshed'), 0, 50_000, 50_000);
  expect(kept.size).toBe(2 * entry(SESSION, 2, 'refreshed').length);
  expect(told(kept, 50_001 + WINDOW_MS)).toEqual([]);
});

test('what history replaced is forgotten with all that followed it', () => {
  const { ring: kept } = ring();
  for (const [i, type] of ['minted', 'scanned', 'confirmed'].entries())
    kept.add(entry(ONE, i + 1, type), 0, 10_000, 10_000);
  kept.add(entry(ONE, 2, 'scanned', 8), 0, 20_000, 20_000);
  expect(told(kept, 20_000)).toEqual([[ONE, [entry(ONE, 1), entry(ONE, 2, 'scanned', 8)], true]]);
  expect(kept.newestOf(ONE, 0)).toBe(2);
});

test('what is not needed goes when the next one comes, and its version is forgotten with it', () => {
  const { ring: kept } = ring();
  kept.add(entry(ONE, 3, 'redeemed'), 0, 10_000, 10_000);
  kept.add(entry(OTHER, 1), 0, 10_000, 10_000);
  expect([kept.newestOf(ONE, 0), kept.size]).toEqual([
    3,
    entry(ONE, 3, 'redeemed').length + entry(OTHER, 1).length,
  ]);
  kept.add(entry(SESSION, 1), 0, 10_001 + WINDOW_MS, 10_001 + WINDOW_MS);
  expect([kept.newestOf(ONE, 0), kept.newestOf(OTHER, 0)]).toEqual([0, 1]);
  kept.add(entry(SESSION, 2), 0, DEADLINE + WINDOW_MS + 1_000, DEADLINE + WINDOW_MS + 1_000);
  expect([kept.newestOf(OTHER, 0), kept.size]).toEqual([0, entry(SESSION, 2).length]);
});

test('the same entry again stays as old as it was', () => {
  const { ring: kept } = ring();
  kept.add(entry(ONE, 1, 'denied'), 0, 10_000, 10_000);
  kept.add(entry(ONE, 1, 'denied'), 0, 20_000, 20_000);
  expect(kept.size).toBe(entry(ONE, 1, 'denied').length);
  expect(told(kept, 10_001 + WINDOW_MS)).toEqual([]);
});

test('canaries are not kept, and a ring without room keeps nothing', () => {
  const { ring: kept } = ring();
  kept.add(entry('canary:1', 1), 0, 10_000, 10_000);
  const { ring: off, dropped } = ring(0);
  off.add(entry(ONE, 1), 0, 10_000, 10_000);
  expect([kept.size, off.size, dropped]).toEqual([0, 0, []]);
});

test('without room whole tickets go: those that ended longest ago, then those that end soonest; and it says how many events', () => {
  const named = (letter: string): Subject => `ticket:${'A'.repeat(21)}${letter}`;
  const length = entry(ONE, 1).length;
  const { ring: kept, dropped } = ring(20 * length);
  for (let i = 0; i < 8; i += 1) {
    const subject = named('abcdefgh'.charAt(i));
    kept.add(entry(subject, 1), 0, 10_000 + 1_000 * i, 10_000);
    kept.add(entry(subject, 2), 0, 10_000 + 1_000 * i, 10_000);
  }
  for (const letter of 'gb') kept.add(entry(named(letter), 2, 'denied', 8), 0, 20_000, 10_000);
  kept.add(entry(named('h'), 2, 'denied', 8), 1, 19_000, 10_000);
  const has = (): string =>
    Array.from('abcdefgh')
      .filter((letter) => kept.newestOf(named(letter), 0) > 0)
      .join('');
  expect([dropped, has(), kept.newestOf(named('h'), 1)]).toEqual([[], 'abcdefgh', 2]);
  kept.add(entry(OTHER, 1).padEnd(4 * length), 1, 20_000, 10_000);
  expect([dropped, has(), kept.newestOf(named('h'), 1)]).toEqual([[1 + 2], 'abcdefh', 0]);
  expect(kept.size).toBeLessThanOrEqual(18 * length);
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

const ended = (version: number): string => entry(ONE, version, 'expired');
const textsOf = (known: FailoverState): unknown =>
  known.entriesOf([PARTITION]).map(({ subject, texts }) => [subject, texts]);

test('nothing grows old while the store is away, however long that is', () => {
  const { state: known, time } = state(true);
  known.answered(PARTITION, 1_000);
  known.observed(ended(1), PARTITION, 2_000);
  time.standStill(10 * WINDOW_MS);
  expect(textsOf(known)).toEqual([[ONE, [ended(1)]]]);
  known.answered(PARTITION, 2_001 + WINDOW_MS);
  expect(textsOf(known)).toEqual([]);
});

test('an older read of the log does not set the store’s time back', () => {
  const { state: known } = state(true);
  known.answered(PARTITION, 5_000 + WINDOW_MS);
  known.observed(ended(1), PARTITION, 2_000);
  expect(known.trustedAt(PARTITION)).toBe(5_000 + WINDOW_MS);
  expect(textsOf(known)).toEqual([[ONE, [ended(1)]]]);
});

test('nor does it while the master may be one that others have replaced, until its answers count again', () => {
  const { state: known } = state(false);
  known.observed(ended(1), PARTITION, 2_000);
  known.answered(PARTITION, 2_000 + 10 * WINDOW_MS);
  expect(textsOf(known)).toEqual([[ONE, [ended(1)]]]);
  known.trust(known.answeredTimes());
  expect(textsOf(known)).toEqual([]);
});

test('a person thinks for longer than the window, and what was decided then has its past beside it', () => {
  const { state: known } = state(true);
  known.observed(entry(ONE, 1), PARTITION, 1_000);
  known.observed(entry(ONE, 2, 'scanned'), PARTITION, 2_000);
  known.answered(PARTITION, 35_000);
  known.observed(entry(ONE, 3, 'confirmed'), PARTITION, 35_000);
  const texts = [entry(ONE, 1), entry(ONE, 2, 'scanned'), entry(ONE, 3, 'confirmed')];
  expect(known.entriesOf([PARTITION])).toEqual([{ subject: ONE, texts, moved: true }]);
  expect(known.knownVersion(ONE)).toBe(3);
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
