import { Temporal } from '@js-temporal/polyfill';
import { BadSetting } from './bad-setting.ts';
import type { Kind, Setting } from './setting.ts';
import { SETTINGS } from './settings-table.ts';
import type { SettingName } from './settings-table.ts';

type Value<K extends Kind> = K extends 'list'
  ? readonly string[]
  : K extends 'count' | 'bytes' | 'port' | 'duration'
    ? number
    : K extends readonly (infer Choice)[]
      ? Choice
      : string;

/** Each setting under its own name, as its kind says: durations in milliseconds. Undefined: not set, and without a default. */
export type Values = {
  readonly [N in SettingName]: (typeof SETTINGS)[N]['initial'] extends string
    ? Value<(typeof SETTINGS)[N]['kind']>
    : Value<(typeof SETTINGS)[N]['kind']> | undefined;
};

/** What is read from: `process.env` is one. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Reads every setting. @throws {@link BadSetting} for the first whose text is not of its kind, or out of its bounds. */
export function readValues(env: Variables): Values {
  const read: Record<string, unknown> = {};
  for (const [name, row] of Object.entries<Setting>(SETTINGS)) {
    const given = givenText(env, name) ?? row.initial;
    read[name] = given === undefined ? undefined : valueOf(name, row, given);
  }
  return read as unknown as Values;
}

/** The text that a setting was given; undefined where it is absent or empty. */
export function givenText(env: Variables, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}

function valueOf(name: string, row: Setting, text: string): unknown {
  switch (row.kind) {
    case 'text':
      return text;
    case 'list':
      return listed(name, text);
    case 'count':
    case 'bytes':
    case 'port':
      if (!/^[0-9]{1,12}$/.test(text)) throw new BadSetting(name, `"${text}" is not a whole number`);
      return bounded(name, row.kind === 'port' ? { ...row, max: 65_535 } : row, Number(text));
    case 'duration':
      return bounded(name, row, milliseconds(name, text), durationOf);
    default:
      if (!row.kind.includes(text)) throw new BadSetting(name, `must be one of ${row.kind.join(', ')}`);
      return text;
  }
}

function listed(name: string, text: string): readonly string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.includes('')) throw new BadSetting(name, 'has nothing between two commas, or at an end');
  return items;
}

function bounded(
  name: string,
  row: { min?: number; max?: number },
  value: number,
  written: (bound: number) => string = String,
): number {
  const { min, max } = row;
  if (min !== undefined && value < min) throw new BadSetting(name, `must be at least ${written(min)}`);
  if (max !== undefined && value > max) throw new BadSetting(name, `must be at most ${written(max)}`);
  return value;
}

/** A duration as a setting has it. */
function durationOf(milliseconds: number): string {
  return Temporal.Duration.from({ milliseconds }).round({ largestUnit: 'hours' }).toString();
}

function milliseconds(name: string, text: string): number {
  try {
    return Math.round(Temporal.Duration.from(text).total({ unit: 'milliseconds', relativeTo: '1970-01-01' }));
  } catch {
    throw new BadSetting(name, `"${text}" is not an ISO 8601 duration such as PT30S`);
  }
}
