import { lastMoment } from '../../event-store.ts';
import type { Folded } from '../../fold.ts';
import { headKey, partitionKeys } from '../../keys.ts';
import type { Subject } from '../../subject.ts';
import { formatHead } from './head.ts';
import type { HeadTimes } from './head.ts';

/** A subject as its partition's log says. */
export interface Refolded {
  readonly subject: Subject;
  /** The stream id of its first entry. */
  readonly entryId: string;
  readonly times: HeadTimes;
  readonly folded: Folded;
}

/** A place in a partition's log: what came behind it was not read. */
export interface Place {
  readonly partition: number;
  readonly seen: string;
  /** The token of the partition's fence when the log was read. */
  readonly token: string;
}

/** The instant at which a head ends, in milliseconds since the epoch. */
export function endOfHead(times: HeadTimes, final: boolean, historyMs: number): number {
  const { at, deadline } = lastMoment(times);
  return (final ? at : deadline) + historyMs;
}

/** The arguments of `sg3_rebuild` (migrations/0001-event-store.lua). */
export function rebuildArguments(
  { partition, seen, token }: Place,
  { subject, entryId, times, folded }: Refolded,
  historyMs: number,
): readonly [name: string, keyCount: number, ...rest: (string | number)[]] {
  const { log, due, fence } = partitionKeys(partition);
  const keys = [log, due, headKey(partition, subject), fence];
  return [
    'sg3_rebuild',
    keys.length,
    ...keys,
    subject,
    seen,
    endOfHead(times, folded.final, historyMs),
    lastMoment(times).deadline,
    folded.final ? 1 : 0,
    formatHead(times, folded),
    entryId,
    token,
  ];
}
