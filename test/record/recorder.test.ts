import { expect, test } from '@jest/globals';
import { Recorder } from '../../src/record/keeping/recorder.ts';
import type { RecorderOptions } from '../../src/record/keeping/recorder.ts';
import { systemTime } from '../../src/time/system-time.ts';

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
