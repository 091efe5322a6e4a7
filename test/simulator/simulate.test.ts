import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { makeSchedule } from './schedule/generator.ts';
import { smallerThan } from './schedule/shrinking.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/simulate.mjs', import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly said: string;
}

/** Runs `npm run simulate` with these arguments. */
function simulate(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, said] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('close', (status) => resolve({ status, out, said }));
  });
}

test('a few seeds break no promise, and what they showed is counted', async () => {
  const { status, out, said } = await simulate('--seeds', '6', '--json');
  const { seeds, broken, situations } = JSON.parse(out || '{}') as Record<string, unknown>;
  expect([status, said.includes('Error'), seeds, broken]).toEqual([0, false, 6, []]);
  expect(situations).toHaveProperty('another history found');
});

test('a seed replays exactly, and another one is another story', async () => {
  const hashOf = async (seed: string): Promise<unknown> =>
    (JSON.parse((await simulate('--faults', '2', '--seed', seed, '--json')).out) as { hash: string }).hash;
  const [once, again, other] = [await hashOf('3'), await hashOf('3'), await hashOf('4')];
  expect(again).toBe(once);
  expect(other).not.toBe(once);
});

test('without the ring a seed is found, made smaller, and told', async () => {
  const { status, out } = await simulate('--seeds', '20', '--without', 'ring');
  expect(status).toBe(1);
  expect(out).toMatch(/^seed \d+ broke: /m);
  expect(out).toMatch(/ s {2}fault {14}(empty|flush) 10\.0\.0\.1/);
  expect(out).toMatch(/^broken, (linearizable|there in the end): /m);
  expect(out).toMatch(/^the whole of it: npm run simulate -- --faults 1 --seed \d+$/m);
});

test('a decision that one gateway alone knows is not lost with the data, but without the fence it is', async () => {
  const file = fileURLToPath(new URL('schedules/known-to-one-gateway.json', import.meta.url));
  const kept = await simulate('--schedule', file);
  const lost = await simulate('--schedule', file, '--without', 'fence');
  expect([kept.status, lost.status]).toEqual([0, 1]);
  expect(kept.out).toContain('restores confirmed');
  expect(lost.out).toMatch(/^broken, one decision: .* confirm and cancel were acknowledged$/m);
});

// docs/failover.md has the same table.
const longTest = process.env['SCANGATE_TEST_LONG'] === undefined ? test.skip : test;
longTest.each([
  ['planned-move-gateway-killed', 'replicas'],
  ['planned-move-gateway-killed', 'asking'],
  ['master-and-gateway-cut-off', 'asking'],
  ['slow-gateway-master-dies', 'replicas'],
  ['long-thought-then-empty', 'ring'],
  ['known-to-one-gateway', 'ring'],
])('%s breaks without %s', async (name, part) => {
  const file = fileURLToPath(new URL(`schedules/${name}.json`, import.meta.url));
  const { status, out } = await simulate('--schedule', file, '--without', part);
  expect(status).toBe(1);
  expect(out).toMatch(/^broken, /m);
});

test.each([
  [['--faults', '3'], '--faults is 1 or 2'],
  [['--seeds', 'many'], '--seeds is a whole number'],
  [['--without', 'gravity'], 'there is no switch gravity'],
])('a bad call is said in one line: %j', async (args, line) => {
  const { status, said } = await simulate(...args);
  expect(status).toBe(2);
  expect(said).toContain(`simulate: ${line}`);
});

test('schedules are of every kind', () => {
  const schedules = Array.from({ length: 400 }, (_, seed) => makeSchedule(seed, 1));
  const kinds = new Set(schedules.flatMap(({ faults }) => faults.map(({ kind }) => kind)));
  const all = ['clock', 'cut', 'empty', 'flush', 'freeze', 'kill', 'lag', 'move', 'slow', 'unplug'];
  expect([...kinds].sort()).toEqual(all);
  const shapes = new Set(schedules.map((one) => `${one.gateways} ${one.replicas} ${one.durability}`));
  for (const shape of ['1 0 auto', '10 2 auto', '2 1 replicated', '3 2 replicated'])
    expect(shapes).toContain(shape);
});

test('each smaller schedule is smaller, so that shrinking ends', () => {
  const sizeOf = (value: unknown): number => JSON.stringify(value).length;
  for (let seed = 0; seed < 20; seed++) {
    let schedule = makeSchedule(seed, 2);
    for (let steps = 0; ; steps++) {
      const [smaller] = smallerThan(schedule);
      if (smaller === undefined) break;
      expect(steps).toBeLessThan(500);
      schedule = smaller;
    }
    expect([schedule.gateways, schedule.replicas, schedule.signIns.length]).toEqual([1, 1, 1]);
    expect(sizeOf(schedule)).toBeLessThan(sizeOf(makeSchedule(seed, 2)));
  }
});
