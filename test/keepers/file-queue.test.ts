import { expect, test } from '@jest/globals';
import { openFileDeadLetters, openFileQueue } from '../../src/keepers/file/open-queue.ts';
import { StoreUnavailable } from '../../src/store/event-store.ts';
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

test('takes nothing where the disk is needed for sign-ins', async () => {
  const folder = await temporaryFolder();
  const queue = await openFileQueue(folder.path, { ...OPTIONS, freeMinOf: () => Number.MAX_SAFE_INTEGER });
  const put = queue.put([{ chain: 0, from: 0, to: 1 }], [message('kept', 1)]);
  await expect(put).rejects.toThrow(StoreUnavailable);
  await queue.close();
  await folder.remove();
});
