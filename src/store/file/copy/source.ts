import { realpathSync } from 'node:fs';
import { versionOf } from '../../../ticket/cursor.ts';
import type { Cursor } from '../../../ticket/cursor.ts';
import type { CopyItem, CopySource, Cut, LedgerItem } from '../../copy.ts';
import { StoreRefused } from '../../refused.ts';
import { kindOf } from '../../subject.ts';
import type { Subject } from '../../subject.ts';
import { openReading } from '../disk/reading.ts';
import type { Reading } from '../disk/reading.ts';
import { own } from '../folder/owner.ts';
import type { Ownership } from '../folder/owner.ts';
import { checkPresent } from '../folder/present.ts';
import { checkFormat, readMeta } from '../format.ts';
import { headKey, subjectOfHead, subjectOfLog } from '../keys.ts';
import { livingEntry, livingMembers } from '../ledger-record.ts';
import { eventOf, headOf } from '../record.ts';
import { checkSound } from '../sound-environment.ts';

/**
 * Opens the store in a folder to copy it as it is at this instant. A gateway may go on writing to it; one that starts
 * meanwhile finds the folder in use.
 *
 * @param now the store's clock. @throws StoreRefused with one line.
 */
export async function openFileSource(path: string, now: () => number): Promise<CopySource> {
  checkPresent(path);
  const folder = realpathSync(path);
  const ownership = await own(folder).catch(ownedByAnother);
  let reading: Reading | undefined;
  try {
    if (ownership !== undefined) checkSound(folder);
    reading = openReading(folder);
    const meta = readMeta(reading);
    if (meta === undefined) throw new StoreRefused(`there is no store in this folder: ${path}`);
    checkFormat(meta);
    return sourceOf(reading, Math.floor(now()), ownership);
  } catch (error) {
    await reading?.close();
    await ownership?.release();
    throw error;
  }
}

function ownedByAnother(error: unknown): undefined {
  if (!(error instanceof StoreRefused)) throw error;
}

function sourceOf(reading: Reading, at: number, ownership: Ownership | undefined): CopySource {
  return {
    store: 'file',
    partitions: null,
    async *items(): AsyncGenerator<CopyItem, Cut, void> {
      yield* headsIn(reading);
      yield* eventsIn(reading);
      yield* ledgerIn(reading, at);
      return { at, last: [] };
    },
    async close() {
      await reading.close();
      await ownership?.release();
    },
  };
}

function* headsIn(reading: Reading): Generator<CopyItem> {
  for (const { key, value } of reading.entries(of('h'))) {
    const subject = subjectOfHead(key);
    if (kindOf(subject) !== 'canary') yield { kind: 'head', head: headOf(subject, value) };
  }
}

function* eventsIn(reading: Reading): Generator<CopyItem> {
  let before: { readonly subject: Subject; readonly id: Cursor } | undefined;
  for (const { key, value } of reading.entries(of('l'))) {
    const subject = subjectOfLog(key);
    if (kindOf(subject) === 'canary') continue;
    const event = eventOf(subject, value);
    const after = before?.subject === subject ? before.id : idBefore(reading, subject, event.version);
    before = event;
    yield { kind: 'event', event, after };
  }
}

/** The id of the version before, where the log has let go of that and the head still knows it. */
function idBefore(reading: Reading, subject: Subject, version: number): Cursor | null {
  if (version === 1) return null;
  const record = reading.get(headKey(subject));
  const moments = record === undefined ? [] : headOf(subject, record).moments;
  return moments.find(({ id }) => versionOf(id) === version - 1)?.id ?? null;
}

function* ledgerIn(reading: Reading, now: number): Generator<LedgerItem> {
  for (const { key, value: record } of reading.entries(of('v'))) {
    const entry = livingEntry(record, now);
    if (entry !== undefined) yield { kind: 'value', name: nameIn(key), value: entry.value, end: entry.end };
  }
  for (const { key, value: record } of reading.entries(of('c'))) {
    const entry = livingEntry(record, now);
    if (entry !== undefined)
      yield { kind: 'count', name: nameIn(key), count: Number(entry.value), end: entry.end };
  }
  for (const { key, value: record } of reading.entries(of('s'))) {
    const members = livingMembers(record, now);
    if (members.length > 0) yield { kind: 'set', name: nameIn(key), members };
  }
}

/** All keys of one letter. */
function of(letter: string): { readonly start: Buffer; readonly end: Buffer } {
  return {
    start: Buffer.from(letter),
    end: Buffer.from(String.fromCharCode(letter.charCodeAt(0) + 1)),
  };
}

function nameIn(key: Buffer): string {
  return key.toString('utf8', 1);
}
