import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import '../support/built.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';

const run = promisify(execFile);
const bench = (name: string): string => resolve(import.meta.dirname, '../../bench', name);
const MOST_MS = 60_000;
const long = process.env['SCANGATE_TEST_LONG'] === undefined ? test.skip : test;

let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder();
});

afterAll(async () => {
  await folder?.remove();
});

/** What an expression is, of what a module of the bench exports. */
async function valueOf(module: string, expression: string): Promise<unknown> {
  const script = `import * as it from ${JSON.stringify(bench(module))}; console.log(JSON.stringify(${expression}));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
  return JSON.parse(stdout);
}

test('a line is not bent by single samples, and tells what grows from what stays', async () => {
  const growing = Array.from({ length: 40 }, (_, at) => [at, 100 + at + (at % 7 === 3 ? 500 : 0)]);
  const staying = Array.from({ length: 40 }, (_, at) => [at, 100 + (at % 5) + (at === 39 ? 900 : 0)]);
  const [line, flat] = (await valueOf(
    'slope.mjs',
    `[${JSON.stringify(growing)}, ${JSON.stringify(staying)}].map((one) => it.growthOf(it.lineThrough(one)))`,
  )) as [number, number];
  expect(line).toBeCloseTo(0.39, 1);
  expect(flat).toBeCloseTo(0, 1);
});

test('what a stalled server kept from being sent counts as late', async () => {
  const late = (await valueOf(
    'load.mjs',
    'it.lateness(...Object.values(await it.openLoop({ perSecond: 100, count: 20, work: async (number) => { if (number === 5) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300); } })))',
  )) as { readonly p50: number };
  expect(late.p50).toBeGreaterThan(50);
});

long(
  'a soak of seconds counts its faults, and judges each figure',
  async () => {
    const file = join(folder.path, 'soak.json');
    const { stdout } = await run(
      process.execPath,
      [bench('soak.mjs'), '--minutes', '0.15', '--a-second', '12', '--json', file],
      { timeout: MOST_MS },
    );
    expect(stdout).toMatch(/RSS MB.*descriptors.*p50 ms.*p99 ms.*1 faults; 0 failures.*too short/s);
    const samples = JSON.parse(await readFile(file, 'utf8')) as { readonly descriptors: number }[];
    expect(samples.length).toBeGreaterThan(1);
    expect(samples.every(({ descriptors }) => descriptors > 10)).toBe(true);
  },
  MOST_MS,
);
