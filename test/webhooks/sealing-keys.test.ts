import { expect, test } from '@jest/globals';
import { SealingKeys } from '../../src/webhooks/sealing-keys.ts';

test('keys are asked for together while a question is under way, and none is remembered', async () => {
  const kept = new Map(['a', 'b', 'c'].map((name) => [name, Buffer.from(name)]));
  const asked: (readonly string[])[] = [];
  const answers: (() => void)[] = [];
  const keys = new SealingKeys({
    keys: (names) => {
      asked.push(names);
      return new Promise((resolve) =>
        answers.push(() => resolve(new Map([...kept].filter(([name]) => names.includes(name))))),
      );
    },
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const first = keys.of('a');
  await turn();
  const rest = Promise.all(['b', 'c', 'b', 'gone'].map((name) => keys.of(name)));
  answers.shift()!();
  expect(await first).toEqual(Buffer.from('a'));
  await turn();
  answers.shift()!();
  expect(await rest).toEqual([Buffer.from('b'), Buffer.from('c'), Buffer.from('b'), undefined]);
  kept.delete('b');
  const again = keys.of('b');
  await turn();
  answers.shift()!();
  expect(await again).toBeUndefined();
  expect(asked).toEqual([['a'], ['b', 'c', 'gone'], ['b']]);
});

test('whoever asks while a question fails is not told of that', async () => {
  let isAway = true;
  const keys = new SealingKeys({
    keys: () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(new Map())),
  });
  await expect(keys.of('a')).rejects.toThrow('away');
  isAway = false;
  expect(await keys.of('a')).toBeUndefined();
});
