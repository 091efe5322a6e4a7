import { expect, test } from '@jest/globals';
import { FileQueue } from '../../src/keepers/file/file-queue.ts';
import { openFileDeadLetters, openFileQueue } from '../../src/keepers/file/open-queue.ts';
import { ReplayWishes } from '../../src/keepers/file/replay-wishes.ts';
import { openEnvironment } from '../../src/store/file/disk/environment.ts';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import { gapMessage } from '../../src/webhooks/message.ts';
import { message, messageQueueContract } from '../contract/message-queue.ts';
import { temporaryFolder } from '../support/folder.ts';

const OPTIONS = { bytesMax: 20_000, now: Date.now, onGone: () => undefined };

messageQueueContract(async () => {
  const folder = await temporaryFolder();
  const queue = await openFileQueue(folder.path, OPTIONS);
  const letters = (await openFileDeadLetters(folder.path))!;
  return {
    queue,
    letters,
    async close() {
      await letters.close();
      await queue.close();
      await folder.remove();
    },
  };
});

test('what waits is there after a restart, and queues of receivers that are none any more go at last', async () => {
  const folder = await temporaryFolder();
  const first = await openFileQueue(folder.path, OPTIONS);
  await first.put([{ chain: 0, from: 0, to: 1 }], [message('kept', 1)]);
  await first.close();
  const later = await openFileQueue(folder.path, OPTIONS);
  expect((await later.take('kept', { limit: 9, after: undefined, inHand: false })).messages).toHaveLength(1);
  await later.close();
  const inTwoMonths = (): number => Date.now() + 60 * 86_400_000;
  const last = await openFileQueue(folder.path, { ...OPTIONS, now: inTwoMonths });
  expect((await last.take('kept', { limit: 9, after: undefined, inHand: false })).messages).toEqual([]);
  await last.close();
  await folder.remove();
});

test('a long queue of a receiver that is none any more goes whole, and one that is followed stays', async () => {
  const folder = await temporaryFolder();
  const first = await openFileQueue(folder.path, { ...OPTIONS, bytesMax: 1e8 });
  await first.put(
    [{ chain: 0, from: 0, to: 1 }],
    Array.from({ length: 2500 }, (_, id) => message('none', id)),
  );
  await first.put([{ chain: 0, from: 1, to: 2 }], [message('followed', 1)]);
  await first.close();
  const later = await openFileQueue(folder.path, {
    ...OPTIONS,
    now: () => Date.now() + 60 * 86_400_000,
    isFollowed: (receiver) => receiver === 'followed',
  });
  const all = { limit: 9, after: undefined, inHand: false };
  expect(await later.take('none', all)).toMatchObject({ messages: [], waiting: 0 });
  expect(await later.take('followed', all)).toMatchObject({ waiting: 1 });
  await later.close();
  await folder.remove();
});

test('what cannot be written for a while is counted once, and many tries are one commit', async () => {
  const folder = await temporaryFolder();
  const environment = openEnvironment(folder.path);
  let isFull = false;
  let writes = 0;
  const queue = new FileQueue(
    {
      ...environment,
      write(changes) {
        writes += 1;
        return isFull ? Promise.reject(new StoreUnavailable('full')) : environment.write(changes);
      },
    },
    { ...OPTIONS, freeMinOf: () => 0, isFollowed: () => false, wishes: new ReplayWishes(folder.path) },
  );
  await queue.put(
    [{ chain: 0, from: 0, to: 1 }],
    Array.from({ length: 30 }, (_, id) => message('full', id)),
  );
  const all = { limit: 99, after: undefined, inHand: false };
  const { messages } = await queue.take('full', all);
  isFull = true;
  for (let again = 0; again < 5; again += 1)
    await expect(queue.delivered('full', messages[0]!.place)).rejects.toThrow(StoreUnavailable);
  isFull = false;
  await queue.delivered('full', messages[1]!.place);
  expect(await queue.take('full', all)).toMatchObject({ waiting: 28 });
  writes = 0;
  await Promise.all(messages.slice(2).map(({ place }) => queue.tried('full', place, 1)));
  expect(writes).toBeLessThanOrEqual(2);
  const tried = await queue.take('full', all);
  expect(new Set(tried.messages.map(({ tries }) => tries))).toEqual(new Set([1]));
  await queue.close();
  await folder.remove();
});

test('a message that tells of a gap, let go itself, is told with its count and its beginning', async () => {
  const folder = await temporaryFolder();
  let gone = 0;
  const queue = await openFileQueue(folder.path, { ...OPTIONS, onGone: (count) => void (gone += count) });
  let told = 0;
  for (let link = 0; link < 20; link += 1) {
    const messages = Array.from({ length: 20 }, (_, index) => message('gaps', link * 20 + index + 1));
    await queue.put([{ chain: 0, from: link, to: link + 1 }], messages);
    const { gap } = await queue.take('gaps', { limit: 0, after: undefined, inHand: false });
    if (gap === undefined) continue;
    told += 1;
    await queue.fillGap('gaps', gap, gapMessage(gap, Date.now()));
  }
  const { messages } = await queue.take('gaps', { limit: 999, after: undefined, inHand: false });
  const gaps = messages.filter(({ subject }) => subject === 'gap');
  const left = messages.length - gaps.length;
  expect(told).toBeGreaterThan(gaps.length);
  const counts = gaps.map(({ text }) => JSON.parse(text) as { count: number; from_id: string });
  expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(400 - left);
  expect(counts.some(({ from_id: from }) => from === '1')).toBe(true);
  expect(gone).toBe(400 - left);
  await queue.close();
  await folder.remove();
});

test('takes nothing where the disk is needed for sign-ins', async () => {
  const folder = await temporaryFolder();
  const queue = await openFileQueue(folder.path, { ...OPTIONS, freeMinOf: () => Number.MAX_SAFE_INTEGER });
  const put = queue.put([{ chain: 0, from: 0, to: 1 }], [message('kept', 1)]);
  await expect(put).rejects.toThrow(StoreUnavailable);
  await queue.close();
  await folder.remove();
});
