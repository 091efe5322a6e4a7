import { versionOf, type Notice } from './notice.ts';

/** The newest notice that is known of one ticket. */
export interface Position {
  notice(): Notice;
  cursor(): string;
  /**
   * Takes a notice unless it is older than what is known, and says whether it was taken.
   *
   * @param since - the cursor that was known when this answer was asked for. An answer below *that* is no latecomer: the
   *   gateway lost a past in a failover, and what it says now is true.
   */
  take(notice: Notice, since: string): boolean;
}

/** A position at a first notice. */
export function makePosition(first: Notice): Position {
  let known = first;
  return {
    notice: () => known,
    cursor: () => known.cursor,
    take(notice, since) {
      const late = versionOf(notice.cursor) < versionOf(known.cursor);
      const other = versionOf(notice.cursor) === versionOf(known.cursor) && notice.cursor !== known.cursor;
      if ((late || other) && notice.reset !== true && since !== known.cursor) return false;
      known = notice;
      return true;
    },
  };
}
