import type { EventStore, Head } from '../../store/event-store.ts';
import { sessionSubject, ticketSubject } from '../../store/subject.ts';
import type { Subject } from '../../store/subject.ts';
import type { Time } from '../../time/time.ts';
import type { Archive, Kept } from '../archive.ts';
import type { Entry, Facts } from '../entry/entry.ts';
import { personalIn } from '../chain/entry-text.ts';
import { idOf } from '../ids/sortable-id.ts';
import type { SortableIds } from '../ids/sortable-ids.ts';
import { opened } from '../search/search.ts';

/** How many entries are compared at a time. */
const PAGE = 128;

/** Kinds behind which nothing more happens to a ticket. */
const ENDS: ReadonlySet<string> = new Set(['redeemed', 'denied', 'cancelled', 'expired']);

export interface TakenBackOptions {
  readonly archive: Archive;
  readonly store: Pick<EventStore, 'read'>;
  readonly ids: Pick<SortableIds, 'next'>;
  readonly time: Pick<Time, 'now' | 'wallNow'>;
  /** How long nodes have to put back what they know, once a partition has another history; in milliseconds. */
  readonly graceMs: number;
  /** How far back entries are compared, in milliseconds: no further than heads are kept. */
  readonly windowMs: number;
}

/** A partition's history as it was seen last, and when its entries are to be compared with it; undefined: they were. */
interface Past {
  readonly name: string;
  readonly dueAt: number | undefined;
}

/**
 * Finds events that the record has and the log has no longer: a failover took them back. That is looked for where this process
 * first sees a partition, and where the partition has another history than before.
 */
export class TakenBack {
  readonly #options: TakenBackOptions;
  readonly #pasts = new Map<number, Past>();

  constructor(options: TakenBackOptions) {
    this.#options = options;
  }

  /** Another node may read this partition meanwhile. */
  leave(partition: number): void {
    this.#pasts.delete(partition);
  }

  /**
   * Hands on what says of a partition's entries that they were taken back, where it is time to look. What is not handed on whole is
   * looked for again.
   *
   * @param name of the history that the partition has now; undefined where it has but one.
   */
  async look(
    partition: number,
    name: string | undefined,
    add: (entries: readonly Entry[]) => Promise<void>,
  ): Promise<void> {
    if (name === undefined) return;
    const { time, graceMs } = this.#options;
    const past = this.#pasts.get(partition);
    if (past?.name !== name) this.#pasts.set(partition, { name, dueAt: time.now() + graceMs });
    if (past?.name !== name || past.dueAt === undefined || time.now() < past.dueAt) return;
    const found = await this.#compare(partition);
    if (found.length > 0) await add(found);
    this.#pasts.set(partition, { name, dueAt: undefined });
  }

  /** The oldest first, as they were written. */
  async #compare(chain: number): Promise<readonly Entry[]> {
    const { archive, time, windowMs } = this.#options;
    const since = idOf(time.wallNow() - windowMs, 0);
    const told = new Set<string>();
    const ended = new Set<Subject>();
    const missing: Kept[] = [];
    for (let { link } = await archive.head(chain); link > 0; link -= PAGE) {
      const page = await archive.links(chain, Math.max(1, link - PAGE + 1), Math.min(link, PAGE));
      const young = page.filter(({ id, link: at }) => id >= since && at <= link);
      if (young.length === 0) break;
      missing.push(...(await this.#missingOf(young.toReversed(), told, ended)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await this.#entriesOf(missing.toReversed());
  }

  /** @param told cursors of what is said to be taken back already. @param ended tickets of which the record has the end. */
  async #missingOf(newestFirst: readonly Kept[], told: Set<string>, ended: Set<Subject>): Promise<Kept[]> {
    const events = newestFirst.flatMap((kept) => {
      const facts = JSON.parse(kept.text) as Facts;
      const { kind, cursor } = facts;
      if (cursor === undefined) return [];
      if (kind === 'superseded') told.add(cursor);
      const subject = subjectIn(facts);
      if (kind === 'superseded' || subject === undefined || told.has(cursor)) return [];
      if (ENDS.has(kind)) ended.add(subject);
      return [{ kept, subject, cursor }];
    });
    const subjects = [...new Set(events.map(({ subject }) => subject))];
    if (subjects.length === 0) return [];
    const { heads } = await this.#options.store.read(subjects);
    const found = new Map(subjects.map((subject, index) => [subject, heads[index] ?? null]));
    return events
      .filter(({ subject, cursor }) => {
        const head = found.get(subject) ?? null;
        // Of one that had ended and is gone altogether nothing else can become.
        return head === null ? !ended.has(subject) : !holds(head, cursor);
      })
      .map(({ kept }) => kept);
  }

  async #entriesOf(missing: readonly Kept[]): Promise<readonly Entry[]> {
    const { archive, ids } = this.#options;
    const entries: Entry[] = [];
    for (const told of await opened(archive, missing)) {
      const { kind, ticket_id, session_id, client_id, cursor } = told;
      entries.push({
        id: await ids.next(),
        facts: {
          kind: 'superseded',
          ...(ticket_id === undefined ? {} : { ticket_id }),
          ...(session_id === undefined ? {} : { session_id }),
          ...(client_id === undefined ? {} : { client_id }),
          ...(cursor === undefined ? {} : { cursor }),
          superseded: { id: told.id, kind },
        },
        personal: personalIn(told),
      });
    }
    return entries;
  }
}

function subjectIn({ session_id: sid, ticket_id: ticketId }: Facts): Subject | undefined {
  if (sid !== undefined) return sessionSubject(sid);
  return ticketId === undefined ? undefined : ticketSubject(ticketId);
}

/** Whether an event stands in its subject's history. Of one from before the last few that a head names it is taken for granted. */
function holds({ version, moments }: Head, cursor: string): boolean {
  const own = Number(cursor.slice(0, cursor.indexOf('-')));
  return own <= version - moments.length || moments.some(({ id }) => id === cursor);
}
