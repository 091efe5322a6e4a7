import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Ledger } from '../../src/store/ledger.ts';
import { until } from '../support/until.ts';
import { SEED, freshId, seeded, sleep } from './appends.ts';

/** One ledger on data of its own. */
export interface LedgerUnderTest {
  readonly ledger: Ledger;
  /** The same data once more, as another node would open it; may be the same ledger where one process owns the data. */
  readonly openAgain: () => Promise<Ledger>;
  readonly close: () => Promise<void>;
}

export type MakeLedger = () => Promise<LedgerUnderTest>;

/** The promises of `src/store/ledger.ts`, to be run against every implementation. */
export function ledgerContract(name: string, makeLedger: MakeLedger): void {
  describe(`${name} keeps the ledger's promises (seed ${SEED})`, () => {
    const random = seeded(SEED + 1);
    let world: LedgerUnderTest;
    let ledger: Ledger;
    let other: Ledger;
    const fresh = (): string => `test:${freshId(random)}`;

    beforeAll(async () => {
      world = await makeLedger();
      ledger = world.ledger;
      other = await world.openAgain();
    });

    afterAll(async () => {
      await world.close();
    });

    test('what is put is there for all, once', async () => {
      const key = fresh();
      expect(await ledger.get(key)).toBeNull();
      expect(await ledger.putIfAbsent(key, 'one', 60_000)).toEqual({ stored: true, value: 'one' });
      expect(await other.putIfAbsent(key, 'two', 60_000)).toEqual({ stored: false, value: 'one' });
      expect(await other.get(key)).toBe('one');
    });

    test('of many that put at once one wins, and all are told the same', async () => {
      for (let round = 0; round < 50; round++) {
        const key = fresh();
        const answers = await Promise.all(
          Array.from({ length: 5 }, (_, i) => (i % 2 ? ledger : other).putIfAbsent(key, `v${i}`, 60_000)),
        );
        expect(answers.filter((answer) => answer.stored)).toHaveLength(1);
        expect(new Set(answers.map((answer) => answer.value)).size).toBe(1);
      }
    });

    test('after its life an entry is gone, as if it had never been', async () => {
      const key = fresh();
      await ledger.putIfAbsent(key, 'brief', 40);
      await ledger.count(`${key}c`, 40);
      await ledger.addMember(`${key}s`, 'brief', 40, 10);
      await ledger.addMember(`${key}s`, 'long', 60_000, 10);
      await sleep(80);
      expect(await other.get(key)).toBeNull();
      expect(await ledger.replaceIf(key, 'brief', 'new', 60_000)).toBe(false);
      expect(await ledger.delete(key)).toBe(false);
      expect(await ledger.putIfAbsent(key, 'second', 60_000)).toEqual({ stored: true, value: 'second' });
      expect(await ledger.count(`${key}c`, 60_000)).toBe(1);
      expect(await ledger.members(`${key}s`, 10)).toEqual(['long']);
    });

    test('a value is replaced only if it is the one that was seen', async () => {
      const key = fresh();
      expect(await ledger.replaceIf(key, 'x', 'y', 60_000)).toBe(false);
      expect(await ledger.get(key)).toBeNull();
      expect(await ledger.replaceIf(key, null, 'a', 60_000)).toBe(true);
      expect(await other.replaceIf(key, null, 'b', 60_000)).toBe(false);
      expect(await other.replaceIf(key, 'b', 'c', 60_000)).toBe(false);
      expect(await other.replaceIf(key, 'a', 'b', 60_000)).toBe(true);
      expect(await ledger.get(key)).toBe('b');
    });

    test('a replacement has a new life', async () => {
      const key = fresh();
      await ledger.putIfAbsent(key, 'a', 1000);
      expect(await ledger.replaceIf(key, 'a', 'b', 60_000)).toBe(true);
      await sleep(1050);
      expect(await ledger.get(key)).toBe('b');
    });

    test('replacing at once: one wins each round', async () => {
      const key = fresh();
      let state = 'start';
      await ledger.putIfAbsent(key, state, 60_000);
      for (let round = 0; round < 100; round++) {
        const wins = await Promise.all(
          Array.from({ length: 4 }, (_, i) =>
            (i % 2 ? ledger : other).replaceIf(key, state, `${round}-${i}`, 60_000),
          ),
        );
        expect(wins.filter(Boolean)).toHaveLength(1);
        state = `${round}-${wins.indexOf(true)}`;
        expect(await ledger.get(key)).toBe(state);
      }
    });

    test('deleting says whether something went', async () => {
      const key = fresh();
      await ledger.putIfAbsent(key, 'a', 60_000);
      expect(await ledger.delete(key, 'b')).toBe(false);
      expect(await ledger.get(key)).toBe('a');
      expect(await other.delete(key, 'a')).toBe(true);
      expect(await ledger.delete(key)).toBe(false);
      await ledger.putIfAbsent(key, 'c', 60_000);
      expect(await ledger.delete(key)).toBe(true);
      expect(await ledger.get(key)).toBeNull();
    });

    test('members are listed from the one that ends last, within the limit', async () => {
      const set = fresh();
      await ledger.addMember(set, 'b', 20_000, 10);
      await ledger.addMember(set, 'c', 30_000, 10);
      await other.addMember(set, 'a', 10_000, 10);
      expect(await other.members(set, 10)).toEqual(['c', 'b', 'a']);
      expect(await ledger.members(set, 2)).toEqual(['c', 'b']);
      await ledger.addMember(set, 'a', 40_000, 10);
      expect(await ledger.members(set, 10)).toEqual(['a', 'c', 'b']);
      await other.removeMember(set, 'c');
      await other.removeMember(set, 'never');
      expect(await ledger.members(set, 10)).toEqual(['a', 'b']);
      expect(await ledger.members(fresh(), 10)).toEqual([]);
    });

    test('of more members than allowed the ones that end first go', async () => {
      const set = fresh();
      for (let i = 0; i < 8; i++) await ledger.addMember(set, `m${i}`, 10_000 + 1000 * ((i * 5) % 8), 3);
      const kept = await ledger.members(set, 10);
      expect(kept).toHaveLength(3);
      expect(kept[0]).toBe('m3');
    });

    test('counts are counted once each, and the first sets the life', async () => {
      const key = fresh();
      const counts = await Promise.all(
        Array.from({ length: 50 }, (_, i) => (i % 2 ? ledger : other).count(key, 60_000)),
      );
      expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      const brief = fresh();
      expect(await ledger.count(brief, 2500)).toBe(1);
      expect(await ledger.count(brief, 60_000)).toBe(2);
      expect(await other.counted(brief)).toBe(2);
      await until(async () => (await other.counted(brief)) === 0, { what: 'the end of the first life' });
      expect(await ledger.count(brief, 60_000)).toBe(1);
    });

    test('values, sets and counts of one name are three things', async () => {
      const key = fresh();
      await ledger.putIfAbsent(key, 'v', 60_000);
      await ledger.addMember(key, 'm', 60_000, 5);
      expect(await ledger.counted(key)).toBe(0);
      expect(await ledger.count(key, 60_000)).toBe(1);
      expect(await ledger.counted(key)).toBe(1);
      expect(await ledger.get(key)).toBe('v');
      expect(await ledger.members(key, 5)).toEqual(['m']);
    });

    test('odd text comes back as it went in; what is too long is a programming error', async () => {
      const key = `odd:李 "{}" \u2028 ${freshId(random)}`;
      const value = '\0\n"{}" 李 \ud83d\ude00'.repeat(200);
      await ledger.putIfAbsent(key, value, 60_000);
      expect(await other.get(key)).toBe(value);
      await ledger.addMember(key, value.slice(0, 100), 60_000, 5);
      expect(await other.members(key, 5)).toEqual([value.slice(0, 100)]);
      await expect(ledger.putIfAbsent(key, 'x'.repeat(16_385), 60_000)).rejects.toThrow(RangeError);
      await expect(ledger.get('k'.repeat(201))).rejects.toThrow(RangeError);
      await expect(ledger.putIfAbsent('', 'x', 60_000)).rejects.toThrow(RangeError);
    });
  });
}
