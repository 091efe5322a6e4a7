import { expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { recordTrace } from './traces/record.ts';
import { simulateTrace } from './traces/simulate.ts';
import { firstTimesOf, sequencesOf } from './traces/trace.ts';
import type { Fault, Trace } from './traces/trace.ts';

const RECORDED = new URL('traces/recorded.json', import.meta.url);
const SEEDS = 12;

/** How much later, or earlier, than in any simulation something may have been seen on a machine with other work. */
const SLACK_MS = 300;

if (process.env['SCANGATE_RECORD_TRACES'] === '1') {
  test('records failovers of real servers and Sentinels', async () => {
    const traces: Trace[] = [];
    for (const fault of ['kill', 'move', 'kill', 'move', 'kill', 'move'] as const) {
      traces.push(await recordTrace(fault));
    }
    writeFileSync(RECORDED, `${JSON.stringify(traces, undefined, 2)}\n`);
  }, 300_000);
}

test.each<Fault>(['kill', 'move'])('simulated Sentinels see a %s as real ones did', async (fault) => {
  const recorded = (JSON.parse(readFileSync(RECORDED, 'utf8')) as Trace[]).filter(
    (one) => one.fault === fault,
  );
  const simulated: Trace[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) simulated.push(await simulateTrace(fault, seed));
  const sequences = simulated.flatMap(sequencesOf).map(String);
  for (const trace of recorded) {
    for (const sequence of sequencesOf(trace)) expect(sequences).toContain(String(sequence));
    for (const [name, ms] of firstTimesOf(trace)) {
      const times = simulated.flatMap((one) => firstTimesOf(one).get(name) ?? []);
      expect([name, ms >= Math.min(...times) - SLACK_MS, ms <= Math.max(...times) + SLACK_MS]).toEqual([
        name,
        true,
        true,
      ]);
    }
  }
});
