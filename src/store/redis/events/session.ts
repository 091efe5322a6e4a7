import { StoreUnavailable } from '../../event-store.ts';
import type { Append, Head, Moment, StoreHealth } from '../../event-store.ts';
import type { Subject } from '../../subject.ts';
import { partitionOf } from '../../subject.ts';
import { callThrough } from '../connection/call.ts';
import type { Route } from '../connection/call.ts';
import type { Link } from '../connection/link.ts';
import { loadFunctions } from '../setup/migrate.ts';
import type { RedisSettings } from '../redis-settings.ts';
import type { Shard, Shards } from '../connection/shard.ts';

/** Who puts back what a failover lost, and holds up those who would look or write too early. */
export interface Healing {
  /** Settles when none of these subjects waits to be put back. Undefined where none does. */
  settled(subjects: readonly Subject[]): Promise<void> | undefined;
  /** Whether the store has had another history for so short that others may still be putting things back. */
  isFresh(): boolean;
  /** The newest version of a subject that this node remembers; 0 for none. */
  knownVersion(subject: Subject): number;
  acknowledged(batch: readonly Append[], moments: readonly Moment[], partition: number): void;
  /** The store's time as a partition last told it. */
  answered(partition: number, now: number): void;
}

/** Everything that the parts of one open Redis store share. */
export class Session {
  readonly settings: RedisSettings;
  readonly partitions: number;
  readonly shards: Shards;
  readonly clock: () => number;
  readonly random: () => number;
  readonly #healing: Healing;
  readonly #timeline: () => string;
  readonly #checkTimeline: (shard: Shard) => Promise<boolean>;
  readonly #writesRefused: () => string | undefined;
  readonly #clockSkewMs: () => number;
  readonly #onClose: () => Promise<void>;
  #closed = false;

  constructor(parts: {
    readonly settings: RedisSettings;
    readonly partitions: number;
    readonly shards: Shards;
    readonly clock: () => number;
    readonly random: () => number;
    readonly healing: Healing;
    readonly timeline: () => string;
    /** Whether a shard surely has the history that it had; looked at now. */
    readonly checkTimeline: (shard: Shard) => Promise<boolean>;
    /** Why writes may not be trusted at this moment; undefined where they may. */
    readonly writesRefused: () => string | undefined;
    /** How far the servers' clocks are apart, in milliseconds. */
    readonly clockSkewMs: () => number;
    /** Takes leave of the store, while its connections are still there. */
    readonly onClose: () => Promise<void>;
  }) {
    this.settings = parts.settings;
    this.partitions = parts.partitions;
    this.shards = parts.shards;
    this.clock = parts.clock;
    this.random = parts.random;
    this.#healing = parts.healing;
    this.#timeline = parts.timeline;
    this.#checkTimeline = parts.checkTimeline;
    this.#writesRefused = parts.writesRefused;
    this.#clockSkewMs = parts.clockSkewMs;
    this.#onClose = parts.onClose;
  }

  /** One call to a partition's master over its writer. @throws {@link StoreUnavailable} */
  call<T>(partition: number, repeatable: boolean, run: (link: Link) => Promise<T>): Promise<T> {
    return this.callOn((shard) => shard.writer, partition, repeatable, run);
  }

  /** One call to a partition's master over the connection that is chosen. @throws {@link StoreUnavailable} */
  callOn<T>(
    choose: (shard: Shard) => Link,
    partition: number,
    repeatable: boolean,
    run: (link: Link) => Promise<T>,
  ): Promise<T> {
    const route: Route = {
      link: () => {
        const shard = this.shards.of(partition);
        return shard === undefined ? undefined : choose(shard);
      },
      onMoved: () => this.shards.refresh(),
      onLibraryGone: (link) => this.loadFunctions(link),
    };
    const timeoutMs = this.settings.callTimeoutMs;
    return callThrough(route, this.clock, { timeoutMs, repeatable }, run);
  }

  /** Brings a server its functions, where they are missing. */
  loadFunctions(link: Link): Promise<void> {
    return loadFunctions(link.redis, false);
  }

  /** @throws {@link StoreUnavailable} while nobody may write. */
  checkWritable(): void {
    const why = this.#closed ? 'the store is closed' : this.#writesRefused();
    if (why !== undefined) throw new StoreUnavailable(why);
  }

  /**
   * Waits until the subjects may be written over this link.
   *
   * @throws Error where the link was left meanwhile: the next one may lead to another history.
   */
  async admit(link: Link, subjects: readonly Subject[]): Promise<void> {
    while (this.isHeld(subjects)) await this.healed(subjects);
    this.checkWritable();
    link.assertUp();
  }

  /** Whether one of the subjects is being put back at this moment. */
  isHeld(subjects: readonly Subject[]): boolean {
    return this.#healing.settled(subjects) !== undefined;
  }

  /** Whether what is missing now may be put back at any moment. */
  isFresh(): boolean {
    return this.#healing.isFresh();
  }

  /**
   * Whether what the store says of a subject can be told. A head that is missing, or behind what this node remembers,
   * may be the first sign of another history, and a watcher would take it for the end: so the timeline is looked at.
   */
  async isSure(subject: Subject, head: Head | null): Promise<boolean> {
    if (head !== null && head.version >= this.#healing.knownVersion(subject)) return true;
    const shard = this.shards.of(partitionOf(subject, this.partitions));
    return shard !== undefined && (await this.#checkTimeline(shard));
  }

  /** Waits, no longer than a call may, until none of the subjects is being put back. */
  async healed(subjects: readonly Subject[]): Promise<void> {
    const settled = this.#healing.settled(subjects);
    if (settled === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new StoreUnavailable('the store is still being healed')),
        this.settings.callTimeoutMs,
      );
    });
    await Promise.race([settled, late]).finally(() => clearTimeout(timer));
  }

  acknowledged(batch: readonly Append[], moments: readonly Moment[], partition: number): void {
    this.#healing.acknowledged(batch, moments, partition);
  }

  answered(partition: number, now: number): void {
    this.#healing.answered(partition, now);
  }

  health(): StoreHealth {
    const reachable = this.shards.all.length > 0 && this.shards.all.every((shard) => shard.writer.up);
    return {
      timeline: this.#timeline(),
      up: !this.#closed && reachable && this.#writesRefused() === undefined,
      clockSkewMs: this.#clockSkewMs(),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#onClose();
    this.shards.close();
  }
}
