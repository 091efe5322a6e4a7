import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { SCENARIOS } from './catalogue.ts';
import type { AnyScenario } from './scenario.ts';

/** What can be switched off in the gateways, to see that the harness notices. */
export const PARTS = ['ring', 'detector', 'rewind'] as const;
export type Part = (typeof PARTS)[number];

/** What a run was asked for. */
export interface Request {
  readonly scenarios: readonly AnyScenario[];
  readonly seed: number;
  readonly without: readonly Part[];
  /** Whether what takes too long breaks the run. With `--smoke` it is only told: that runs beside other work. */
  readonly judgesTimes: boolean;
  /** How many sign-ins begin in rows that go on until they have; undefined: as each row says. */
  readonly signIns: number | undefined;
  /** Where the results go as JSON. */
  readonly json: string | undefined;
}

export const USAGE = `npm run chaos -- [--only a,b] [--smoke] [--seed n] [--sign-ins n] [--without ${PARTS.join('|')}] [--json path] [--list]`;

/** Reads the command line. @throws Error with one line. */
export function readRequest(args: readonly string[]): Request | 'list' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      smoke: { type: 'boolean', default: false },
      seed: { type: 'string' },
      'sign-ins': { type: 'string' },
      without: { type: 'string' },
      json: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.list) return 'list';
  const seed = values.seed === undefined ? randomInt(2 ** 32) : Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error('--seed is a whole number');
  const signIns = values['sign-ins'] === undefined ? undefined : Number(values['sign-ins']);
  if (signIns !== undefined && !(Number.isSafeInteger(signIns) && signIns > 0))
    throw new Error('--sign-ins is a whole number from 1');
  return {
    scenarios: chosen(listOf(values.only), values.smoke),
    seed,
    without: listOf(values.without).map(partOf),
    judgesTimes: !values.smoke,
    signIns,
    json: values.json,
  };
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').filter((item) => item !== '');
}

function chosen(only: readonly string[], smoke: boolean): readonly AnyScenario[] {
  const unknown = only.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0) throw new Error(`there is no scenario ${unknown.join(', ')}`);
  if (only.length > 0) return SCENARIOS.filter(({ name }) => only.includes(name));
  return smoke ? SCENARIOS.filter((scenario) => scenario.smoke) : SCENARIOS;
}

function partOf(text: string): Part {
  const part = PARTS.find((known) => known === text);
  if (part === undefined) throw new Error(`--without takes ${PARTS.join(', ')}`);
  return part;
}
