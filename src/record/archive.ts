import { StoreUnavailable } from '../store/event-store.ts';
import type { ChainHead } from './chain/link.ts';
import type { Column } from './entry/entry.ts';
import type { SortableId } from './ids/sortable-id.ts';

/** An archive that lies apart from the store, `SCANGATE_ARCHIVE`, is away, or said no. */
export class ArchiveUnavailable extends StoreUnavailable {}

/** One audit event as it is kept: its text, which the chain covers, and its place in a chain. */
export interface Kept {
  readonly id: SortableId;
  /** JSON. What tells of a person is sealed in it. */
  readonly text: string;
  /** Which chain. Each has one writer at a time. */
  readonly chain: number;
  /** Its place there, counted from 1 without gaps. */
  readonly link: number;
  /** {@link linkHash} of the text behind the link before. */
  readonly hash: string;
}

/** One to be kept. */
export interface Row extends Kept {
  /** What it is found by. They lie outside the chain. */
  readonly columns: readonly Column[];
  /** The name of the key that seals what it says of a person, or would. */
  readonly key: string;
}

/** A key that seals what entries say of a person, by the name that the entries give it. */
export interface PersonKey {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Which entries, and how many: those behind `after` and before `before`, ids being left out themselves. */
export interface Page {
  /** Absent: all of them. */
  readonly column?: Column | undefined;
  readonly after?: SortableId | undefined;
  readonly before?: SortableId | undefined;
  /** The newest first; else the oldest. */
  readonly newestFirst?: boolean;
  readonly limit: number;
}

/**
 * Where audit events are kept. The promises every keeper keeps:
 *
 * - **One writer a chain.** Rows go behind the head that their writer saw, or nowhere: two writers cannot both extend a chain.
 * - **Whole.** What one call adds is kept whole, with its keys, or not at all; once answered, it is durable.
 * - **In order.** A page is sorted by id, and of one moment.
 * - **Forgotten is forgotten.** No key of a name that was forgotten is kept again, as long as an entry needs it.
 * - **Bounded.** A call holds no more than it was asked for; it settles, or throws `StoreUnavailable`.
 */
export interface Archive {
  /** Where a chain stands. {@link NO_LINK} for one that has not begun. */
  head(chain: number): Promise<ChainHead>;

  /** Where each chain stands that has begun, in the order of their numbers, as of one moment. */
  heads(): Promise<ReadonlyMap<number, ChainHead>>;

  /** Which of these ids are kept already. */
  known(ids: readonly SortableId[]): Promise<ReadonlySet<SortableId>>;

  /**
   * Adds rows of one chain behind its head, and keys that are not there yet; false, and nothing is kept, where the head is another
   * one by now, an id is taken, or a key of that name is another one, or was forgotten.
   */
  add(chain: number, behind: ChainHead, rows: readonly Row[], keys: readonly PersonKey[]): Promise<boolean>;

  /** The last entry of a chain that was let go; undefined where none was. */
  floor(chain: number): Promise<ChainHead | undefined>;

  find(page: Page): Promise<readonly Kept[]>;

  /** Entries of a chain from a link on, in the order of the chain. */
  links(chain: number, from: number, limit: number): Promise<readonly Kept[]>;

  /** Keys by their names; those that were forgotten, or never were, are left out. */
  keys(names: readonly string[]): Promise<ReadonlyMap<string, Buffer>>;

  /** Which of these names are those of keys that were forgotten. */
  forgotten(names: readonly string[]): Promise<ReadonlySet<string>>;

  /**
   * Forgets keys, and what of these entries is found by {@link PERSONAL_COLUMNS}: in one step, and the same again does no harm. The
   * entries stay in their chains as they are. A name that has no key is passed over, and so is an id that is not there.
   */
  forget(names: readonly string[], ids: readonly SortableId[]): Promise<void>;

  /**
   * Lets go of the oldest entries before an id, at most `limit`, each chain from its low end up to the first that is younger.
   * Answers how many went.
   */
  trim(before: SortableId, limit: number): Promise<number>;

  close(): Promise<void>;
}
