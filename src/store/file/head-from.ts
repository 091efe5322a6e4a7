import { MOMENTS_MAX } from '../event-store.ts';
import type { Head, StoredEvent } from '../event-store.ts';
import { fold } from '../fold.ts';
import type { Subject } from '../subject.ts';

/** The head that a log adds up to, where it begins at the beginning. @throws NewerSchema */
export function headFrom(subject: Subject, events: readonly StoredEvent[]): Head | null {
  const folded = fold(events);
  const first = events[0];
  const last = events.at(-1);
  if (folded === undefined || first === undefined || last === undefined) return null;
  const moments = events.slice(-MOMENTS_MAX).map(({ id, at, deadline }) => ({ id, at, deadline }));
  return { subject, version: last.version, moments, first: first.at, ...folded };
}
