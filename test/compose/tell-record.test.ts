import { expect, test } from '@jest/globals';
import { tellRecord } from '../../src/compose/record/tell-record.ts';
import { makeLog } from '../../src/telemetry/log.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';

test('a record that stays full says so once a minute, with the sum', async () => {
  const metrics = makeMetrics(false);
  const lines: string[] = [];
  let now = 0;
  let kept = 0;
  const log = makeLog('info', { write: (line) => void lines.push(line) });
  const tell = tellRecord({ log, metrics, now: () => now }, () => (kept += 1));
  const told = (): readonly unknown[] => lines.map((line) => (JSON.parse(line) as { count: number }).count);
  for (let turn = 0; turn < 500; turn += 1) {
    tell({ kind: 'dropped', count: 20 });
    tell({ kind: 'kept', count: 20 });
  }
  expect(told()).toEqual([20]);
  now = 60_000;
  tell({ kind: 'dropped', count: 20 });
  tell({ kind: 'lost', count: 3 });
  expect(told()).toEqual([20, 10_000, 3]);
  expect(kept).toBe(500);
  const { values } = await metrics.recordEvents.get();
  expect(values.find(({ labels }) => labels.outcome === 'dropped')?.value).toBe(10_020);
});
