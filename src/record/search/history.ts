import type { User } from '../../ticket/events.ts';
import type { Archive } from '../archive.ts';
import type { ToldEntry } from '../chain/entry-text.ts';
import { opened } from './search.ts';

/** How a sign-in that a user decided went. */
export type Decided = 'confirmed' | 'denied';

/** How many of a user's entries are looked at. */
const LOOKED_MAX = 2000;
const PAGE = 100;

/** The user's own last decisions, the newest first, at most `limit`. */
export async function decisionsOf(archive: Archive, user: User, limit: number): Promise<ToldEntry[]> {
  const column = { name: 'user', value: user.subject } as const;
  const found: ToldEntry[] = [];
  let before: bigint | undefined;
  for (let looked = 0; looked < LOOKED_MAX; looked += PAGE) {
    const page = await archive.find({ column, before, newestFirst: true, limit: PAGE });
    for (const told of await opened(archive, page)) {
      if (!isDecision(told) || told.source !== user.source || told.issuer !== user.issuer) continue;
      found.push(told);
      if (found.length === limit) return found;
    }
    if (page.length < PAGE) return found;
    before = page.at(-1)?.id;
  }
  return found;
}

function isDecision({ kind, user }: ToldEntry): boolean {
  return user !== undefined && (kind === 'confirmed' || kind === 'denied');
}
