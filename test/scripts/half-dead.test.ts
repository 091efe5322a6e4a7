import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import type { HalfDeadResult } from '../half-dead/half-dead.ts';
import { broken } from '../half-dead/verdict.ts';
import { startChild } from '../support/child.ts';

const SCRIPT = resolve(import.meta.dirname, '../../scripts/half-dead.mjs');

test('the command plays its attack, and tells what it did: a sample', async () => {
  const args = '--connections 70 --addresses 10 --rounds 1 --seconds 1 --quiet 0 --json'.split(' ');
  const child = startChild(process.execPath, [SCRIPT, ...args]);
  const { code } = await child.exited;
  const said = child.output();
  expect([code, said.stderr]).toEqual([expect.any(Number), expect.stringContaining('round 1 of 1, with\n')]);
  const told = JSON.parse(said.stdout) as HalfDeadResult & { readonly mistakes: readonly string[] };
  expect(told).toMatchObject({ without: { signIns: 20, failures: [] }, with: { signIns: 20, failures: [] } });
  expect(Object.keys(told.held)).toHaveLength(7);
  // Those that the gateway has just ended are opened again.
  for (const kind of ['silent', 'half a head', 'half a body', 'silent socket', 'unread answer'])
    expect(told.held[kind]).toBeGreaterThan(0);
  // How long sign-ins took is not for a test.
  expect(told.mistakes.filter((one) => !/^p99|^only/.test(one))).toEqual([]);
});

test('an attack that held nothing, or that slowed nobody for lack of a figure, is not passed', () => {
  const times = { signIns: 20, p50Ms: 10, p99Ms: 20, cpuMs: 100, failures: [] };
  const process = { descriptors: 30, memory: 1e8 };
  const good: HalfDeadResult = {
    without: times,
    with: times,
    standing: {
      without: { least: 1, middle: { busy: 1 }, most: 2 },
      with: { least: 60, middle: { new: 30, busy: 39 }, most: 80 },
    },
    opened: 70,
    held: { silent: 9, 'half a head': 0 },
    heldAfterQuiet: { silent: 0, 'half a head': 0 },
    before: process,
    during: process,
    after: process,
    backMs: 10,
  };
  const options = { connections: 70 };
  expect(broken(options, good)).toEqual([]);
  expect(broken(options, { ...good, held: { silent: 0, 'half a head': 0 } })).toEqual([
    'none was held: nothing was attacked',
  ]);
  expect(broken(options, { ...good, with: { ...times, p99Ms: Number.NaN } })).toHaveLength(1);
  expect(broken({ connections: 80 }, good)).toEqual(['only 69 of 80 stood']);
  // A control, without an attack.
  expect(broken({ connections: 0 }, { ...good, held: {} })).toEqual([]);
});

test('a bad call is one line, and status 2', async () => {
  const child = startChild(process.execPath, [SCRIPT, '--connections', 'many']);
  expect(await child.exited).toMatchObject({ code: 2 });
  expect(child.output().stderr).toBe('half-dead: --connections is a whole number from 0 on\n');
});
