import { expect } from '@jest/globals';
import type { LuaMachine } from '../lua/machine.ts';
import { Engine } from '../server/engine.ts';
import type { RealServer } from './real-server.ts';

const ENTRIES = 230;
const STEP = 9;

/** Fills a stream on both servers with entries of one text, and trims it away approximately, bit by bit. */
export async function sameNodes(real: RealServer, machine: LuaMachine, text: string): Promise<void> {
  const engine = new Engine({ machine, clock: () => 0, replicationId: () => '', onEffects: () => {} });
  const key = `nodes of ${text.slice(0, 20)} ${text.length}`;
  const calls: string[][] = [];
  for (let i = 1; i <= ENTRIES; i++) calls.push(['XADD', key, `${1_000 + i * STEP}-${i % 3}`, 'e', text]);
  for (let i = 1; i <= ENTRIES; i++) calls.push(['XTRIM', key, 'MINID', '~', `${1_001 + i * STEP}`]);
  const answers = await Promise.all(calls.map((call) => real.run(call)));
  expect([key, ...answers.map(({ reply }) => reply)]).toEqual([
    key,
    ...calls.map((call) => engine.run(call)),
  ]);
}
