import { expect, test } from '@jest/globals';
import { play } from './run/play.ts';
import { makeSchedule } from './schedule/generator.ts';
import type { FaultCount } from './schedule/generator.ts';

/** Each seed is a schedule of its own; `npm run simulate` plays more of them. */
const SEEDS: readonly (readonly [faults: FaultCount, first: number, last: number])[] = [
  [1, 1, 3],
  [2, 1, 2],
];

test.each(SEEDS)('%i fault, seeds %i to %i: no promise is broken', async (faults, first, last) => {
  for (let seed = first; seed <= last; seed++) {
    const { violations } = await play(makeSchedule(seed, faults));
    expect([seed, violations]).toEqual([seed, []]);
  }
});

test('a seed replays exactly, and another one is another story', async () => {
  const hashes: string[] = [];
  for (const seed of [3, 3, 4]) hashes.push((await play(makeSchedule(seed, 2))).hash);
  expect(hashes[1]).toBe(hashes[0]);
  expect(hashes[2]).not.toBe(hashes[0]);
});

test('schedules are of every kind', () => {
  const schedules = Array.from({ length: 400 }, (_, seed) => makeSchedule(seed, 1));
  const kinds = new Set(schedules.flatMap(({ faults }) => faults.map(({ kind }) => kind)));
  expect([...kinds].sort()).toEqual([
    'clock',
    'cut',
    'empty',
    'freeze',
    'kill',
    'lag',
    'move',
    'slow',
    'unplug',
  ]);
  const shapes = new Set(schedules.map((one) => `${one.gateways} ${one.replicas} ${one.durability}`));
  for (const shape of ['1 0 auto', '10 2 auto', '2 1 replicated', '3 2 replicated'])
    expect(shapes).toContain(shape);
});
