import { expect, test } from '@jest/globals';
import { seldom } from '../../src/telemetry/seldom.ts';

test('the same is told once a minute, with how often it was not; another kind at once', () => {
  let now = 0;
  const told: string[] = [];
  const rarely = seldom(() => now);
  const happen = (kind: string): void => rarely(kind, (untold) => told.push(`${kind} ${untold}`));
  for (const kind of ['a', 'a', 'b', 'a']) happen(kind);
  expect(told).toEqual(['a 0', 'b 0']);
  now = 60_000;
  happen('a');
  happen('a');
  expect(told).toEqual(['a 0', 'b 0', 'a 2']);
});
