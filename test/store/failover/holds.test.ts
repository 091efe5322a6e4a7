import { expect, test } from '@jest/globals';
import { Holds } from '../../../src/store/redis/failover/holds.ts';
import type { Subject } from '../../../src/store/subject.ts';

const ONE: Subject = `ticket:${'A'.repeat(22)}`;
const OTHER: Subject = `ticket:${'B'.repeat(22)}`;

/** A promise and what keeps it. */
function kept(): { readonly promise: Promise<void>; readonly keep: () => void } {
  let keep = (): void => {};
  const promise = new Promise<void>((resolve) => (keep = resolve));
  return { promise, keep };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('nobody waits where nothing is held', () => {
  const holds = new Holds();
  expect([holds.active, holds.of(ONE, 0)]).toEqual([false, []]);
});

test('a partition is held for all of its subjects until the others are through', async () => {
  const holds = new Holds();
  const { promise, keep } = kept();
  holds.holdPartitions([3, 4], promise);
  expect([holds.of(ONE, 3).length, holds.of(OTHER, 4).length, holds.of(ONE, 5).length]).toEqual([1, 1, 0]);
  keep();
  await turn();
  expect([holds.active, holds.of(ONE, 3)]).toEqual([false, []]);
});

test('a failover within a failover is waited for: the end of the first opens nothing', async () => {
  const holds = new Holds();
  const [first, second] = [kept(), kept()];
  holds.holdPartitions([3], first.promise);
  holds.holdPartitions([3], second.promise);
  first.keep();
  await turn();
  expect(holds.of(ONE, 3)).toHaveLength(1);
  second.keep();
  await turn();
  expect(holds.of(ONE, 3)).toEqual([]);
});

test('a subject is held alone, and whoever waited for it goes on when it is let go', async () => {
  const holds = new Holds();
  const release = holds.holdSubject(ONE);
  const [held] = holds.of(ONE, 0);
  expect(holds.of(OTHER, 0)).toEqual([]);
  let wentOn = false;
  void held?.then(() => (wentOn = true));
  await turn();
  expect(wentOn).toBe(false);
  release();
  await turn();
  expect([wentOn, holds.active]).toEqual([true, false]);
});

test('a subject that is held a second time is not let go by the first', async () => {
  const holds = new Holds();
  const first = holds.holdSubject(ONE);
  const second = holds.holdSubject(ONE);
  first();
  expect(holds.of(ONE, 0)).toHaveLength(1);
  second();
  expect(holds.of(ONE, 0)).toEqual([]);
});
