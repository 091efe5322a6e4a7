import type { User } from '../../ticket/events.ts';
import type { Archive } from '../archive.ts';
import type { ToldEntry } from '../chain/entry-text.ts';
import { deciderOf, isDecision } from '../entry/entry.ts';
import type { SortableId } from '../ids/sortable-id.ts';
import { opened } from './search.ts';

/** How many pages are read at most: so much of what was decided last may have been taken back. */
const PAGES_MAX = 20;

/** The user's own last decisions, the newest first, at most `limit`, however much else is kept of them. What a failover took back is none. */
export async function decisionsOf(archive: Archive, user: User, limit: number): Promise<ToldEntry[]> {
  const { source, issuer, subject } = user;
  const value = deciderOf({ source, issuer, user: subject });
  if (value === undefined) return [];
  const decisions: ToldEntry[] = [];
  const takenBack = new Set<string>();
  let before: SortableId | undefined;
  for (let read = 0; read < PAGES_MAX && decisions.length < limit; read += 1) {
    const page = await archive.find({ column: { name: 'decided', value }, before, newestFirst: true, limit });
    const found = await opened(archive, page);
    for (const { superseded } of found) if (superseded !== undefined) takenBack.add(superseded.id);
    decisions.push(
      ...found.filter((told) => isDecision(told) && deciderOf(told) === value && !takenBack.has(told.id)),
    );
    if (page.length < limit) break;
    before = page.at(-1)?.id;
  }
  return decisions.slice(0, limit);
}
