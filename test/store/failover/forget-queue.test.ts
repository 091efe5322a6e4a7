import { expect, test } from '@jest/globals';
import { ForgetQueue } from '../../../src/store/redis/failover/forget-queue.ts';
import type { Forgettable } from '../../../src/store/redis/failover/forget-queue.ts';

const needed = (neededTill: number): Forgettable => ({ neededTill, filedUnder: undefined });

test('what is needed for longer than it was filed for stays, and is due when that is over too', () => {
  const queue = new ForgetQueue();
  const one = needed(10_000);
  queue.file(one);
  one.neededTill = 20_500;
  queue.file(one);
  expect(queue.seconds).toEqual([10]);
  expect([queue.due(15_000), queue.seconds]).toEqual([[], [21]]);
  expect(queue.due(20_600)).toEqual([]);
  expect(queue.due(21_000)).toEqual([one]);
});

test('what is needed for less long than it was filed for is due then', () => {
  const queue = new ForgetQueue();
  const one = needed(20_000);
  queue.file(one);
  one.neededTill = 10_000;
  queue.file(one);
  expect([queue.seconds, queue.due(10_000), queue.due(11_000)]).toEqual([[10], [], [one]]);
});

test('what may be forgotten soonest is told by the second, without what has moved on', () => {
  const queue = new ForgetQueue();
  const [one, other] = [needed(10_000), needed(10_000)];
  for (const each of [one, other]) queue.file(each);
  one.neededTill = 30_000;
  expect([queue.under(10), queue.seconds]).toEqual([[other], [10, 30]]);
  queue.remove(other);
  queue.remove(other);
  expect([queue.under(10), queue.seconds]).toEqual([[], [30]]);
});
