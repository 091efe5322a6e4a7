/**
 * Small things with a life that no subject's state depends on: user codes as MACs, a user's sessions, pushed requests,
 * last poll times, leases, idempotent answers. Values are text of at most 16 KiB, keys at most 200 characters.
 *
 * - Each call is one atomic step, by the store's clock: after `lifeMs` an entry is gone, as if it had never been.
 * - An entry may be lost in a failover; callers must stay correct then.
 * - Every call settles, with its result or by throwing `StoreUnavailable`.
 */
export interface Ledger {
  /** Stores a value where there is none. Answers what is stored now, and whether it was this call that stored it. */
  putIfAbsent(
    key: string,
    value: string,
    lifeMs: number,
  ): Promise<{ readonly stored: boolean; readonly value: string }>;

  get(key: string): Promise<string | null>;

  /** Replaces a value if it is still the expected one (null: absent). */
  replaceIf(key: string, expected: string | null, value: string, lifeMs: number): Promise<boolean>;

  /** Deletes; with `expected`, only if that is still the value. Answers whether something went. */
  delete(key: string, expected?: string): Promise<boolean>;

  /** Adds a member to a set, each with its own life. Of more than `max` members the ones that end first go. */
  addMember(set: string, member: string, lifeMs: number, max: number): Promise<void>;

  removeMember(set: string, member: string): Promise<void>;

  /** The living members, the one that ends last first, at most `limit`. */
  members(set: string, limit: number): Promise<readonly string[]>;

  /** Counts up and answers the new value; the life begins with the first count and is not extended. */
  count(key: string, lifeMs: number): Promise<number>;

  /** What {@link Ledger.count} came to; 0 where nothing was counted, or its life is over. */
  counted(key: string): Promise<number>;
}
