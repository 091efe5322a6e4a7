import { expect, test } from '@jest/globals';
import { logoutRoom } from '../../src/oauth/logout/logout-room.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const FULL = Array.from({ length: 10_000 }, () => 'sid');

/** A queue whose length, at each look, is the next of these, and the last from then on. */
function queue(...lengths: number[]) {
  let looks = 0;
  return {
    looks: () => looks,
    members: (_set: string, limit: number) => {
      const length = lengths[Math.min(looks++, lengths.length - 1)] ?? 0;
      return Promise.resolve(FULL.slice(0, Math.min(length, limit)));
    },
  };
}

const nobody = (): void => undefined;

test('what fits is taken at one look, and more waits until there is room', async () => {
  const time = new VirtualTime();
  const ledger = queue(8000, 9600, 9400, 8900);
  let waits = 0;
  const room = logoutRoom(ledger, time, () => (waits += 1));
  const first = await Promise.all(Array.from({ length: 1500 }, () => room.take()));
  expect([first.every(Boolean), ledger.looks(), waits]).toEqual([true, 1, 0]);
  const next = room.take();
  await runFor(time, 1_000);
  expect([await next, waits]).toEqual([true, 2]);
});

test('where nobody takes anything from the queue there is no room, and no second wait', async () => {
  const time = new VirtualTime();
  const room = logoutRoom(queue(10_000), time, nobody);
  const taken = room.take();
  await runFor(time, 31_000);
  expect(await taken).toBe(false);
  expect(await room.take()).toBe(false);
});

test('a queue that shrinks too slowly is waited for a quarter of an hour', async () => {
  const time = new VirtualTime();
  let looks = 0;
  const members = () => Promise.resolve(FULL.slice(Math.floor(looks++ / 10)));
  const room = logoutRoom({ members }, time, nobody);
  const taken = room.take();
  await runFor(time, 901_000);
  expect(await taken).toBe(false);
});

async function runFor(time: VirtualTime, ms: number): Promise<void> {
  await new Promise((turn) => setImmediate(turn));
  await time.passSlowly(ms);
}
