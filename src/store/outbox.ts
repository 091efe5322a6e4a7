import type { StoredEvent } from './event-store.ts';

/** Events that were let go before they could be read, or cannot be read: of a later release, or damaged. */
export interface LostEvents {
  readonly count: number;
  /** They were written between these two instants, by the store's clock: milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** Events of one partition that were not acknowledged yet, in the order in which they were written. */
export interface OutboxBatch {
  readonly partition: number;
  readonly events: readonly StoredEvent[];
  /** What is missing before or among these; null: nothing. */
  readonly lost: LostEvents | null;
  /** Lets go of them, and forgets what was lost. Until then they are told again. */
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

  /**
   * Names the history that a partition has now: another one once it may have lost events that were told. Undefined while that is not
   * known; absent where it has but one.
   */
  historyOf?(partition: number): string | undefined;

  /**
   * Where a partition ends now; undefined where nothing was ever written.
   *
   * @throws StoreUnavailable
   */
  end(partition: number): Promise<string | undefined>;

  /**
   * Whether all that was written up to a place is acknowledged, or let go.
   *
   * @param place as {@link Outbox.end} named it.
   * @throws StoreUnavailable
   */
  isReadTo(partition: number, place: string): Promise<boolean>;
}

/** Both together; null where nothing is lost. */
export function lostInAll(parts: readonly (LostEvents | null)[]): LostEvents | null {
  const lost = parts.filter((part) => part !== null && part.count > 0) as readonly LostEvents[];
  if (lost.length === 0) return null;
  return {
    count: lost.reduce((sum, { count }) => sum + count, 0),
    from: Math.min(...lost.map(({ from }) => from)),
    to: Math.max(...lost.map(({ to }) => to)),
  };
}

/** One that was written at an instant and is lost. */
export function lostAt(at: number): LostEvents {
  return { count: 1, from: at, to: at };
}
