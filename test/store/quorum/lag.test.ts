import { expect, test } from '@jest/globals';
import { Lag } from '../../../src/store/redis/quorum/lag.ts';

test('nothing lags where the slowest replica has all of it, or had it when it was last looked at', () => {
  const lag = new Lag();
  expect(lag.note('a', { at: 0, offset: 100 }, 100)).toBe(0);
  expect(lag.note('a', { at: 1_000, offset: 200 }, 150)).toBe(0);
  expect(lag.note('a', { at: 2_000, offset: 300 }, 250)).toBe(0);
});

test('it lags since the history first went further than the replica has it, until it has caught up', () => {
  const lag = new Lag();
  lag.note('a', { at: 0, offset: 100 }, 100);
  lag.note('a', { at: 1_000, offset: 200 }, 100);
  lag.note('a', { at: 2_000, offset: 300 }, 100);
  expect(lag.note('a', { at: 20_000, offset: 400 }, 100)).toBe(19_000);
  expect(lag.note('a', { at: 21_000, offset: 500 }, 300)).toBe(1_000);
  expect(lag.note('a', { at: 22_000, offset: 500 }, 500)).toBe(0);
});

test('a replica that is not there lacks everything, and a store that rests lacks nothing', () => {
  const lag = new Lag();
  for (let at = 0; at <= 5_000; at += 1_000) lag.note('a', { at, offset: 100 }, 100);
  expect(lag.note('a', { at: 6_000, offset: 100 }, -1)).toBe(0);
  expect(lag.note('a', { at: 9_000, offset: 100 }, -1)).toBe(3_000);
});

test('another history begins anew', () => {
  const lag = new Lag();
  lag.note('a', { at: 0, offset: 100 }, -1);
  expect(lag.note('a', { at: 9_000, offset: 100 }, -1)).toBe(9_000);
  expect(lag.note('b', { at: 10_000, offset: 50 }, -1)).toBe(0);
});

test('however long it lasts, it is counted from its beginning as far as that is kept', () => {
  const lag = new Lag();
  for (let i = 0; i < 2_000; i++) lag.note('a', { at: 1_000 * i, offset: i }, -1);
  expect(lag.note('a', { at: 2_000_000, offset: 2_000 }, -1)).toBeGreaterThan(500_000);
});
