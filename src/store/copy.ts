import type { Cursor } from '../ticket/cursor.ts';
import type { Head, StoredEvent } from './event-store.ts';

/** When a life ends, in milliseconds since the epoch. It stays so in whatever store a copy is put into. */
type End = number;

/** What the ledger keeps under a name. */
export type LedgerItem =
  | { readonly kind: 'value'; readonly name: string; readonly value: string; readonly end: End }
  | { readonly kind: 'count'; readonly name: string; readonly count: number; readonly end: End }
  | {
      readonly kind: 'set';
      readonly name: string;
      readonly members: readonly (readonly [member: string, end: End])[];
    };

/** A subject's head. Of two of one subject the later one counts. */
export interface HeadItem {
  readonly kind: 'head';
  readonly head: Head;
}

/** An event of a subject's log, behind the one of the version before where the log still has that. */
export interface EventItem {
  readonly kind: 'event';
  readonly event: StoredEvent;
  /** The id of the event before; null for a first one, and where it is not known any longer. */
  readonly after: Cursor | null;
}

/** One thing of a copy, the same for every store. Canaries are in none. */
export type CopyItem = HeadItem | EventItem | LedgerItem;

/** Up to where a copy goes. */
export interface Cut {
  /** The store's time, in milliseconds since the epoch. */
  readonly at: number;
  /** Of Redis the last entry of each partition's log, whose ledger is of then or later; empty for a file, which is of one instant. */
  readonly last: readonly string[];
}

/** A store that is copied while gateways may run on it. Nothing of it is changed. */
export interface CopySource {
  readonly store: 'file' | 'redis';
  /** Of how many partitions its log is; a file has none. */
  readonly partitions: number | null;
  /**
   * Everything, and at last the cut: every event that the store answered for before it, and none after. Of a subject
   * the head is of its last event, and its events have one version after the other.
   *
   * @throws StoreUnavailable, and Error where the store's data cannot be read.
   */
  items(): AsyncGenerator<CopyItem, Cut, void>;
  close(): Promise<void>;
}

/** What stands where a copy is to go: nothing, a copy that was not put there whole, or data of its own. */
export type Occupied = 'empty' | 'unfinished' | 'used';

/** A store that a copy is put into. No gateway of any release opens it from {@link begin} until {@link finish}. */
export interface CopyTarget {
  readonly occupied: Occupied;
  /** Takes away what stands there. */
  begin(): Promise<void>;
  /** Puts some there. Answers how many; whatever has ended is left out. */
  put(items: readonly CopyItem[]): Promise<number>;
  /** The copy is whole: gateways may open it. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** How many items are put at a time. */
export const ITEMS_AT_ONCE = 500;
