import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { play } from './run/play.ts';
import type { Schedule } from './schedule/schedule.ts';

/**
 * Each breaks a promise where a part is switched off (docs/failover.md), the last where Sentinels do not notice that their
 * master is made a replica by one that was cut off with the old one; and what has to come about for that.
 */
test.each([
  ['planned-move-gateway-killed', ['fault: move', 'fault: kill', 'refused: not on all replicas']],
  ['master-and-gateway-cut-off', ['promotion', 'strike', 'refused: no majority, or no store']],
  ['slow-gateway-master-dies', ['promotion', 'strike', 'struck node returns']],
  ['long-thought-then-empty', ['all data gone', 'healed with restores']],
  ['known-to-one-gateway', ['all data gone', 'healed with restores']],
  ['sentinel-alone-demotes', ['promotion', 'another history found']],
])('%s breaks no promise', async (name, matters) => {
  const text = readFileSync(new URL(`schedules/${name}.json`, import.meta.url), 'utf8');
  const { violations, situations } = await play(JSON.parse(text) as Schedule);
  expect(violations).toEqual([]);
  expect([...situations].filter(([, times]) => times > 0).map(([one]) => one)).toEqual(
    expect.arrayContaining(matters),
  );
});
