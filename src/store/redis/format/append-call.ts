import type { Append, AppendResult, Moment } from '../../event-store.ts';
import { headKey, partitionKeys } from '../../keys.ts';
import { parseHead } from './head.ts';
import { entryAround } from './log-entry.ts';

/** The partition's fence has another token than the caller named, or none, or is not open: nothing was looked at. */
export interface Fenced {
  readonly outcome: 'fenced';
  /** The token that it has; null where there is no fence. */
  readonly token: string | null;
}

/** A first event whose head is gone while its log lives: fold it anew, then ask again. */
export interface Marked {
  readonly outcome: 'marked';
  readonly now: number;
  readonly index: number;
}

const REFUSALS = ['conflict', 'late', 'early', 'missing'] as const;
const FIRST_REFUSAL = 2;
const MARKED = 6;

/** What a function answers where a partition's fence lets nothing through. */
export const FENCED = 7;

/** Where a batch goes. */
export interface AppendPlace {
  readonly partition: number;
  /** The fence's, as this node knows it; empty where it never met it. */
  readonly token: string;
}

/** The arguments of `sg3_append` (migrations/0001-event-store.lua) for one batch of one partition. */
export function appendArguments(
  batch: readonly Append[],
  { partition, token }: AppendPlace,
  historyMs: number,
): readonly [name: string, keyCount: number, ...rest: (string | number)[]] {
  const { log, due, firsts, fence } = partitionKeys(partition);
  const keys = [log, due, firsts, fence, ...batch.map(({ subject }) => headKey(partition, subject))];
  return [
    'sg3_append',
    keys.length,
    ...keys,
    historyMs,
    token,
    ...batch.flatMap((append) => argumentsOf(append)),
  ];
}

/** Reads the reply of `sg3_append`. @throws Error for a reply of another release. */
export function appendResult(batch: readonly Append[], reply: unknown): AppendResult | Marked | Fenced {
  const [code, now, ...rest] = reply as [number, number, ...unknown[]];
  if (code === FENCED) return { outcome: 'fenced', token: (rest[0] as string | null | undefined) ?? null };
  if (code >= FIRST_REFUSAL) {
    const [index, text] = rest as [number, string | null | undefined];
    if (code === MARKED) return { outcome: 'marked', now, index };
    const outcome = REFUSALS[code - FIRST_REFUSAL];
    const append = batch[index];
    if (outcome === undefined || append === undefined) throw new Error(`sg3_append answered ${code}`);
    return { outcome, now, index, head: text ? parseHead(append.subject, text) : null };
  }
  const times = rest as number[];
  const moments = batch.map(({ event }, i): Moment => ({
    id: event.id,
    at: times[2 * i] as number,
    deadline: times[2 * i + 1] as number,
  }));
  return { outcome: code === 0 ? 'appended' : 'already', now, moments };
}

function argumentsOf(append: Append): (string | number)[] {
  const { subject, expected, event, life, when, head } = append;
  const [before, after] = entryAround(append);
  return [
    subject,
    expected ?? '',
    event.id,
    before,
    after,
    life.ms,
    life.extend === true ? 1 : 0,
    life.capMs ?? '',
    when,
    head.status,
    head.final ? 1 : 0,
    head.schema,
    head.blob,
  ];
}
