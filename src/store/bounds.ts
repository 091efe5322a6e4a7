import { isCursor, versionOf } from '../ticket/cursor.ts';
import { BATCH_MAX, TEXT_BYTES_MAX } from './event-store.ts';
import type { Append } from './event-store.ts';
import { isSubject, partitionOf } from './subject.ts';

const WORD = /^[a-z][a-z0-9_-]{0,31}$/;

/**
 * Refuses what no caller may send.
 *
 * @returns the one partition of the batch.
 * @throws RangeError which says what is wrong.
 */
export function checkBatch(batch: readonly Append[], partitions: number): number {
  const first = batch[0];
  if (first === undefined || batch.length > BATCH_MAX) throw new RangeError(`a batch of ${batch.length}`);
  const partition = partitionOf(first.subject, partitions);
  for (const append of batch) {
    checkAppend(append);
    if (partitionOf(append.subject, partitions) !== partition) {
      throw new RangeError('a batch of two partitions');
    }
  }
  if (new Set(batch.map((append) => append.subject)).size < batch.length) {
    throw new RangeError('a batch with one subject twice');
  }
  return partition;
}

function checkAppend({ subject, expected, event, head }: Append): void {
  if (!isSubject(subject)) throw new RangeError('not a subject');
  if (!isCursor(event.id) || (expected !== null && !isCursor(expected)))
    throw new RangeError('not an event id');
  if (versionOf(event.id) !== (expected === null ? 1 : versionOf(expected) + 1)) {
    throw new RangeError('an event id of another version');
  }
  if (!WORD.test(event.type) || !WORD.test(head.status)) throw new RangeError('not a type or status');
  for (const text of [event.data, head.blob]) {
    if (Buffer.byteLength(text) > TEXT_BYTES_MAX) throw new RangeError('a text too long');
  }
}
