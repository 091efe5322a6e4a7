import type { StoredEvent } from './event-store.ts';

/** Events of one partition that were not acknowledged yet, in the order in which they were written. */
export interface OutboxBatch {
  readonly partition: number;
  readonly events: readonly StoredEvent[];
  /** How many events before or among these were let go before they could be read, or are of a later release that writes them otherwise. */
  readonly lost: number;
  /** Lets go of them. Until then they are told again. */
  acknowledge(): Promise<void>;
}

/**
 * What was written, for the one reader that must see all of it: an event stays until it is acknowledged, or until more wait
 * than the store was opened to hold. Then the oldest go, and the next batch says how many.
 *
 * An event may be told more than once. Canaries are not told. A partition has one reader at a time, which is the caller's to
 * see to.
 */
export interface Outbox {
  readonly partitions: readonly number[];

  /**
   * The oldest events of a partition, at most `limit`; null where none waits.
   *
   * @throws StoreUnavailable
   */
  next(partition: number, limit: number): Promise<OutboxBatch | null>;
}
