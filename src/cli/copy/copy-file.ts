import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { CopyItem, CopySource, Cut } from '../../store/copy.ts';
import { NoCopy, itemOf, lineOf } from '../../store/copy-line.ts';
import { linesOf } from './lines.ts';

/** The number of this form of a copy; another release reads it, or says that it cannot. */
const FORM = 1;

/** A copy's first line. */
export interface CopyHeader {
  readonly scangate_copy: number;
  /** Which release wrote it. */
  readonly release: string;
  readonly store: 'file' | 'redis';
  readonly partitions: number | null;
  /** When it was begun, by the clock of the machine that wrote it: milliseconds since the epoch. */
  readonly begun: number;
}

/** How much is in a copy. Heads that count no longer, because a later one of their subject follows, are counted too. */
export interface CopyCounts {
  readonly heads: number;
  readonly events: number;
  readonly ledger: number;
}

/** A copy's last line. */
export interface CopyTrailer extends CopyCounts {
  readonly cut: Cut;
  /** Of everything before this line, in hexadecimal. */
  readonly sha256: string;
}

/** Counts as it goes. */
export type OnCount = (counts: CopyCounts) => void;

/** How many bytes are given on at a time. */
const PART_BYTES = 64 * 1024;

/** Writes a copy: JSON, one value a line, in parts. Answers the last line. */
export async function* textOf(
  source: CopySource,
  {
    release,
    now,
    onCount,
  }: { readonly release: string; readonly now: () => number; readonly onCount: OnCount },
): AsyncGenerator<string, CopyTrailer, void> {
  const hash = createHash('sha256');
  const { store, partitions } = source;
  const header: CopyHeader = { scangate_copy: FORM, release, store, partitions, begun: Math.floor(now()) };
  const counts = { heads: 0, events: 0, ledger: 0 };
  const items = source.items();
  let part = `${JSON.stringify(header)}\n`;
  for (let next = await items.next(); ; next = await items.next()) {
    if (next.done !== true) {
      part += `${lineOf(next.value)}\n`;
      count(counts, next.value);
    }
    if (part.length < PART_BYTES && next.done !== true) continue;
    hash.update(part);
    yield part;
    onCount(counts);
    part = '';
    if (next.done !== true) continue;
    const trailer: CopyTrailer = { ...counts, cut: next.value, sha256: hash.digest('hex') };
    yield `${JSON.stringify({ trailer })}\n`;
    return trailer;
  }
}

/**
 * Reads a copy, item by item. Answers the last line, once everything before it is as it was written.
 *
 * @throws NoCopy with the line's number where it is not.
 */
export async function* itemsIn(path: string, onCount: OnCount): AsyncGenerator<CopyItem, CopyTrailer, void> {
  const hash = createHash('sha256');
  const counts = { heads: 0, events: 0, ledger: 0 };
  const input = path === '-' ? process.stdin : createReadStream(path);
  let number = 0;
  for await (const line of linesOf(input)) {
    number += 1;
    const row = rowOf(line, number);
    if ('trailer' in row) return checked(row['trailer'] as CopyTrailer, counts, hash.digest('hex'));
    hash.update(line).update('\n');
    if (number === 1) {
      checkHeader(row);
      continue;
    }
    const item = itemOn(row, number);
    count(counts, item);
    yield item;
    if (number % 1000 === 0) onCount(counts);
  }
  throw new NoCopy('the copy is cut short: its last line is missing');
}

function rowOf(line: Buffer, number: number): Readonly<Record<string, unknown>> {
  try {
    const row: unknown = JSON.parse(line.toString());
    if (typeof row === 'object' && row !== null) return row as Readonly<Record<string, unknown>>;
  } catch {
    // said below
  }
  throw new NoCopy(`line ${number} is not of a copy`);
}

function itemOn(row: Readonly<Record<string, unknown>>, number: number): CopyItem {
  try {
    return itemOf(row);
  } catch (error) {
    throw error instanceof NoCopy ? new NoCopy(`line ${number}: ${error.message}`) : error;
  }
}

function checkHeader({ scangate_copy: form, release }: Readonly<Record<string, unknown>>): void {
  if (form === undefined) throw new NoCopy('the file is no copy of a store');
  if (form !== FORM)
    throw new NoCopy(
      `the copy has form ${JSON.stringify(form)}, of release ${JSON.stringify(release)}; this release knows ${FORM}`,
    );
}

function checked(trailer: CopyTrailer, counts: CopyCounts, sha256: string): CopyTrailer {
  if (trailer.sha256 !== sha256)
    throw new NoCopy('the copy is not as it was written: it has another checksum');
  const same = (['heads', 'events', 'ledger'] as const).every((name) => trailer[name] === counts[name]);
  if (!same) throw new NoCopy('the copy is not as it was written: something is missing');
  return trailer;
}

function count(counts: { -readonly [K in keyof CopyCounts]: number }, { kind }: CopyItem): void {
  if (kind === 'head') counts.heads += 1;
  else if (kind === 'event') counts.events += 1;
  else counts.ledger += 1;
}
