import type { User } from '../../ticket/events.ts';
import type { Archive } from '../archive.ts';
import type { ToldEntry } from '../chain/entry-text.ts';
import { deciderOf, isDecision } from '../entry/entry.ts';
import { opened } from './search.ts';

/** The user's own last decisions, the newest first, at most `limit`, however much else is kept of them. What a failover took back is none. */
export async function decisionsOf(archive: Archive, user: User, limit: number): Promise<ToldEntry[]> {
  const { source, issuer, subject } = user;
  const value = deciderOf({ source, issuer, user: subject });
  if (value === undefined) return [];
  const page = await archive.find({ column: { name: 'decided', value }, newestFirst: true, limit });
  const found = await opened(archive, page);
  const takenBack = new Set(found.map(({ superseded }) => superseded?.id));
  return found.filter((told) => isDecision(told) && deciderOf(told) === value && !takenBack.has(told.id));
}
