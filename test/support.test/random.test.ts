import { expect, test } from '@jest/globals';
import { randomFrom, seeded } from '../support/random.ts';
import { until, within } from '../support/until.ts';

const draws = (seed: number): number[] => {
  const random = randomFrom(seed);
  return Array.from({ length: 50 }, () => random.between(1, 6));
};

test('a seed repeats what was drawn, another seed does not', () => {
  expect(draws(7)).toEqual(draws(7));
  expect(draws(7)).not.toEqual(draws(8));
  expect(new Set(draws(7))).toEqual(new Set([1, 2, 3, 4, 5, 6]));
});

test('a shuffle keeps every item', () => {
  const items = [1, 2, 3, 4, 5, 6, 7, 8];
  const shuffled = randomFrom(1).shuffled(items);
  expect(shuffled).not.toEqual(items);
  expect(shuffled.toSorted((one, other) => one - other)).toEqual(items);
});

test('a failed test says its seed', async () => {
  const failing = seeded(() => {
    throw new Error('as meant');
  });
  await expect(failing()).rejects.toThrow(/as meant\n\(repeat with SCANGATE_TEST_SEED=\d+\)/);
});

test('waiting is bounded and says what for', async () => {
  await expect(until(() => false, { withinMs: 20, what: 'never' })).rejects.toThrow('never did not happen');
  await expect(within(new Promise(() => {}), 20, 'this')).rejects.toThrow('this did not happen');
  let times = 0;
  expect(await until(() => (times += 1) > 2 && 'there')).toBe('there');
});
