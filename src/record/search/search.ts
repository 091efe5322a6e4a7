import type { Archive, Kept } from '../archive.ts';
import { keyNameIn, toldEntry } from '../chain/entry-text.ts';
import type { ToldEntry } from '../chain/entry-text.ts';
import type { Column, Facts } from '../entry/entry.ts';
import { readId } from '../ids/sortable-id.ts';
import type { SortableId } from '../ids/sortable-id.ts';
import { columnOf, matches, matchesFacts, subjectIn } from './query.ts';
import type { Query } from './query.ts';

/** How many entries are read at a time. */
const PAGE = 200;
/** How many entries one search looks at, however few it finds: it tells where to go on. */
const LOOKED_MAX = 2000;

/** What is looked for, and where one page of it lies. */
export interface Search extends Query {
  /** Ids above this one. */
  readonly after?: SortableId | undefined;
  /** Ids below this one. */
  readonly before?: SortableId | undefined;
  readonly newestFirst: boolean;
  /** How many entries the page has at most. */
  readonly limit: number;
}

/** One page of what was found. */
export interface Found {
  readonly events: readonly ToldEntry[];
  /** Where the next page begins: its `after`, or its `before` with the newest first. Absent: nothing is left. */
  readonly next?: SortableId;
}

/** Searches an archive, one page. It looks at a bounded number of entries, so a page may be short, and yet not the last. */
export async function search(archive: Archive, asked: Search): Promise<Found> {
  const column = await searched(archive, asked);
  const events: ToldEntry[] = [];
  let { after, before } = asked;
  for (let looked = 0; looked < LOOKED_MAX;) {
    const page = await archive.find({ column, after, before, newestFirst: asked.newestFirst, limit: PAGE });
    looked += page.length;
    for (const told of await opened(
      archive,
      page.filter((kept) => mayMatch(kept, asked)),
    )) {
      if (!matches(told, asked)) continue;
      events.push(told);
      if (events.length === asked.limit) return { events, next: readId(told.id) as SortableId };
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return { events };
    if (asked.newestFirst) before = last.id;
    else after = last.id;
    // A sign-in waits for no more than one page.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { events, next: (asked.newestFirst ? before : after) as SortableId };
}

// What is sealed is opened only where all else is right.
function mayMatch({ text }: Kept, query: Query): boolean {
  return matchesFacts(JSON.parse(text) as Facts, query);
}

/** Reads entries, with what they say of people where that is not forgotten. */
export async function opened(archive: Pick<Archive, 'keys'>, page: readonly Kept[]): Promise<ToldEntry[]> {
  const names = page.map(keyNameIn);
  const keys = await archive.keys([...new Set(names)].filter((name) => name !== undefined));
  return page.map((kept, index) => toldEntry(kept, keys.get(names[index] ?? '')));
}

// A subject may have a colon of its own. Where one is what names another user, both are meant, and nobody hides behind the other.
async function searched(archive: Archive, query: Query): Promise<Column | undefined> {
  const column = columnOf(query);
  if (column?.name !== 'user') return column;
  const subject = subjectIn(column.value);
  if (subject === undefined) return column;
  const bySubject = { ...column, value: subject };
  if (!(await isFound(archive, column))) return bySubject;
  return (await isFound(archive, bySubject)) ? columnOf({ ...query, user: undefined }) : column;
}

async function isFound(archive: Archive, column: Column): Promise<boolean> {
  return (await archive.find({ column, limit: 1 })).length > 0;
}
