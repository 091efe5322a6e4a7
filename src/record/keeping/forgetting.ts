import type { User } from '../../ticket/events.ts';
import type { Archive } from '../archive.ts';
import { keyNameIn } from '../chain/entry-text.ts';
import type { ToldEntry } from '../chain/entry-text.ts';
import type { Column } from '../entry/entry.ts';
import type { SortableId } from '../ids/sortable-id.ts';
import { opened } from '../search/search.ts';

/** How many entries are read at a time, and how many the archive is told of in one step. */
const PAGE = 200;

/** How often all is looked at, where something was found: what was on its way when a look began is seen by the next. */
const ROUNDS_MAX = 4;

/** Who is forgotten: of all issuers of the source. */
export type Forgettable = Pick<User, 'source' | 'subject'>;

/** What was forgotten, so far or in all; with a dry run, what would be. */
export interface ForgettingReport {
  /** Entries that tell of nobody now. */
  readonly entries: number;
  /** Tickets that they are of. */
  readonly tickets: number;
}

export interface ForgettingOptions {
  /** Nothing is forgotten. */
  readonly isDryRun: boolean;
  /** Told after each step. */
  readonly onProgress?: (report: ForgettingReport) => void;
  /** Stops it between two steps. */
  readonly signal?: AbortSignal;
}

/** It was stopped before it was through. */
export class ForgettingStopped extends Error {
  override readonly name = 'ForgettingStopped';

  constructor() {
    super('it was stopped before it was through: the same again forgets what is left');
  }
}

type ForgettableArchive = Pick<Archive, 'find' | 'keys' | 'forget'>;

/**
 * Forgets what a record says of a person. A ticket has one user, so that all that is said of people in its entries and in those of
 * its session goes with its key, the addresses of the browser that asked among it. Any other entry goes by itself.
 *
 * An entry that the person is found by goes in one step with its key, as the last of its ticket: wherever this breaks off, the
 * same again finds what is left.
 *
 * @throws {@link ForgettingStopped} by `signal`; StoreUnavailable.
 */
export async function forgetPerson(
  archive: ForgettableArchive,
  person: Forgettable,
  options: ForgettingOptions,
): Promise<ForgettingReport> {
  const run = new Forgetting(archive, person, options);
  for (let round = 0; round < ROUNDS_MAX; round += 1) if (!(await run.round()) || options.isDryRun) break;
  return run.report;
}

/** An entry that was read. */
interface Read {
  readonly id: SortableId;
  readonly told: ToldEntry;
  /** Of the key that seals it; undefined: it tells of nobody. */
  readonly key: string | undefined;
}

class Forgetting {
  readonly #archive: ForgettableArchive;
  readonly #person: Forgettable;
  readonly #options: ForgettingOptions;
  /** Tickets that this round has seen to. */
  #seen = new Set<string>();
  /** Keys that were counted: a ticket whose entries came late is looked at again, and is one all the same. */
  readonly #counted = new Set<string>();
  #report: ForgettingReport = { entries: 0, tickets: 0 };

  constructor(archive: ForgettableArchive, person: Forgettable, options: ForgettingOptions) {
    this.#archive = archive;
    this.#person = person;
    this.#options = options;
  }

  get report(): ForgettingReport {
    return this.#report;
  }

  /** Looks at all that the person is found by. Answers whether there was anything. */
  async round(): Promise<boolean> {
    this.#seen = new Set();
    let isFound = false;
    for await (const page of this.#pages({ name: 'user', value: this.#person.subject })) {
      for (const one of page) {
        if (!this.#isTheirs(one.told)) continue;
        isFound = true;
        await this.#forget(one);
      }
    }
    return isFound;
  }

  // What is erased and found all the same came while its key went: nobody reads any more whose it was.
  #isTheirs({ user, source, erased }: ToldEntry): boolean {
    return erased === true || (user === this.#person.subject && source === this.#person.source);
  }

  async #forget(found: Read): Promise<void> {
    const { id, told, key } = found;
    if (key === undefined) return;
    if (key !== told.ticket_id) {
      await this.#step([key], [id], told.erased === true ? 0 : 1);
      return;
    }
    if (this.#seen.has(key)) {
      // Of a ticket that was seen to: it came meanwhile.
      if (told.erased !== true) return;
      await this.#step([], [id], 0);
      return;
    }
    this.#seen.add(key);
    const last: Read[] = [];
    for await (const page of this.#pages({ name: 'ticket', value: key })) {
      const others = page.filter((one) => one.key === key && one.id !== id);
      // What is short goes with the key: a step less for each ticket.
      if (page.length < PAGE) last.push(...others);
      else await this.#step([], idsOf(others), countOf(others));
    }
    if (!this.#counted.has(key)) this.#report = { ...this.#report, tickets: this.#report.tickets + 1 };
    this.#counted.add(key);
    last.push(found);
    await this.#step([key], idsOf(last), countOf(last));
  }

  async *#pages(column: Column): AsyncGenerator<readonly Read[], void, void> {
    let after: SortableId | undefined;
    for (;;) {
      const page = await this.#archive.find({ column, after, limit: PAGE });
      const told = await opened(this.#archive, page);
      yield page.map((kept, index) => ({
        id: kept.id,
        told: told[index] as ToldEntry,
        key: keyNameIn(kept),
      }));
      after = page.at(-1)?.id;
      if (page.length < PAGE) return;
      // A sign-in waits for no more than one page.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** @param count how many of these entries told of the person until now. */
  async #step(keys: readonly string[], ids: readonly SortableId[], count: number): Promise<void> {
    const { isDryRun, onProgress, signal } = this.#options;
    if (signal?.aborted === true) throw new ForgettingStopped();
    if (!isDryRun && keys.length + ids.length > 0) await this.#archive.forget(keys, ids);
    this.#report = { ...this.#report, entries: this.#report.entries + count };
    onProgress?.(this.#report);
  }
}

function idsOf(entries: readonly Read[]): readonly SortableId[] {
  return entries.map(({ id }) => id);
}

/** How many of them tell of somebody. */
function countOf(entries: readonly Read[]): number {
  return entries.filter(({ told }) => told.erased !== true).length;
}
