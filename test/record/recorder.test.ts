import { expect, test } from '@jest/globals';
import { openFileArchive } from '../../src/keepers/file/open-archive.ts';
import type { Facts } from '../../src/record/entry/entry.ts';
import { SortableIds } from '../../src/record/ids/sortable-ids.ts';
import { Recorder } from '../../src/record/keeping/recorder.ts';
import type { RecordTurn, RecorderOptions } from '../../src/record/keeping/recorder.ts';
import { keepFor } from '../../src/record/keeping/retention.ts';
import { systemTime } from '../../src/time/system-time.ts';
import type { Time } from '../../src/time/time.ts';
import { temporaryFolder } from '../support/folder.ts';

test('many who wait for the record share one look, also while the log is slow to answer', async () => {
  let looks = 0;
  const recorder = new Recorder({
    outbox: {
      partitions: [0],
      next: async () => {
        looks += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
        throw new Error('away');
      },
    },
    time: systemTime,
    holds: () => true,
    ownChain: () => undefined,
    onTurn: () => undefined,
  } as unknown as RecorderOptions);
  await Promise.all(Array.from({ length: 50 }, () => recorder.settle()));
  expect(looks).toBe(1);
  const begun = recorder.settle();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await Promise.all([begun, recorder.settle(), recorder.settle()]);
  expect(looks).toBe(3);
});

test('a gap names its partition and when what is missing was written, and holds up nothing behind it', async () => {
  const folder = await temporaryFolder();
  const archive = await openFileArchive(folder.path);
  const turns: RecordTurn[] = [];
  const stored = { subject: 'ticket:t', version: 1, deadline: 0, type: 'minted', schema: 1, data: '{}' };
  const events = [
    { ...stored, id: 'no-cursor', at: Date.UTC(2026, 0, 2) },
    { ...stored, id: '1-7', at: Date.UTC(2026, 0, 3) },
  ];
  const lost = { count: 3, from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 1, 1) };
  const batch = { partition: 5, events, lost, acknowledge: async () => undefined };
  const unheard = { ...batch, acknowledge: () => Promise.reject(new Error('away')) };
  const batches = [batch, unheard];
  const recorder = new Recorder({
    outbox: { partitions: [5], next: async () => batches.pop() ?? null },
    store: { read: async () => ({ heads: [] }) },
    archive,
    ids: new SortableIds({ node: () => 1, time: systemTime, randomMark: () => 0 }),
    time: systemTime,
    makeKey: () => Buffer.alloc(32),
    holds: () => true,
    ownChain: () => undefined,
    onTurn: (turn: RecordTurn) => void turns.push(turn),
  } as unknown as RecorderOptions);
  // The first time its acknowledgement is lost: what is told again is no second gap.
  await recorder.settle();
  await recorder.settle();
  const told = (await archive.links(5, 1, 10)).map(({ text }) => JSON.parse(text) as Facts);
  expect(told).toMatchObject([
    { kind: 'gap', count: 4, partition: 5, from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' },
    { kind: 'minted', cursor: '1-7' },
  ]);
  expect(turns).toMatchObject([
    { kind: 'away' },
    { kind: 'lost', count: 4 },
    { kind: 'kept', count: 1 },
    { kind: 'looked' },
  ]);
  await archive.close();
  await folder.remove();
});

test('that old entries cannot be let go of is told once, until they are again', async () => {
  const answers = ['away', 'away', 'gone', 'away'];
  const told: unknown[] = [];
  const trim = async (): Promise<number> => {
    if (answers.shift() === 'away') throw new Error(`${answers.length} to come`);
    return 0;
  };
  let look = (): void => undefined;
  const time: Time = {
    ...systemTime,
    after: (_ms, call) => {
      look = call;
      return () => undefined;
    },
  };
  keepFor({ trim }, 1000, time, (error) => told.push((error as Error).message));
  while (answers.length > 0) {
    look();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(told).toEqual(['3 to come', '0 to come']);
});
