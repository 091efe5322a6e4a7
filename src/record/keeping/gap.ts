import { createHash } from 'node:crypto';
import type { LostEvents } from '../../store/outbox.ts';
import type { Entry } from '../entry/entry.ts';
import { MARK_MAX, idOf } from '../ids/sortable-id.ts';

/** What says that events are missing. One that is told again, for its acknowledgement was lost, is the same entry. */
export function gapOf(partition: number, { count, from, to }: LostEvents): Entry {
  const facts = {
    kind: 'gap',
    reason: 'let go unread, or cannot be read',
    count,
    partition,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  };
  const digest = createHash('sha256').update(`${partition} ${count} ${facts.from} ${facts.to}`).digest();
  return { id: idOf(to, digest.readUInt32BE() & MARK_MAX), facts, personal: {} };
}
