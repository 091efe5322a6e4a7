import { expect, test } from '@jest/globals';
import { Rounds } from '../../../src/store/redis/quorum/rounds.ts';

function question() {
  const put: ((answer: number) => void)[] = [];
  const rounds = new Rounds(
    () =>
      new Promise<number>((resolve) => {
        put.push(resolve);
      }),
  );
  return { rounds, put };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('who comes while a question is under way gets the answer to the next one', async () => {
  const { rounds, put } = question();
  const first = [rounds.ask(), rounds.ask()];
  await turn();
  expect(put).toHaveLength(1);
  const later = [rounds.ask(), rounds.ask()];
  await turn();
  expect(put).toHaveLength(1);
  put[0]?.(1);
  expect(await Promise.all(first)).toEqual([1, 1]);
  await turn();
  expect(put).toHaveLength(2);
  put[1]?.(2);
  expect(await Promise.all(later)).toEqual([2, 2]);
});

test('a question that failed ends for those who asked, and the next is put', async () => {
  let fails = true;
  const rounds = new Rounds(() => (fails ? Promise.reject(new Error('away')) : Promise.resolve(3)));
  await expect(rounds.ask()).rejects.toThrow('away');
  fails = false;
  expect(await rounds.ask()).toBe(3);
});
