import { StoreUnavailable } from '../../event-store.ts';
import type { Head, StoredEvent } from '../../event-store.ts';
import { fold } from '../../fold.ts';
import { partitionKeys } from '../../keys.ts';
import { partitionOf } from '../../subject.ts';
import type { Subject } from '../../subject.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import { timesOf } from '../format/head.ts';
import { parseEntry } from '../format/log-entry.ts';
import { rebuildArguments } from '../format/rebuild-call.ts';
import type { ReadBatch } from './read-batch.ts';
import { newestIds } from './tail-read.ts';

/** By how much a subject's mark may be later than the stream id of its first entry, in milliseconds: an id has the time at which its call began (Redis 7.2). */
const MARKED_LATE_MS = 1_000;

/** Entries that one read of a partition's history brings. */
export const HISTORY_COUNT_MAX = 1_000;

/** How often a rebuild starts again because the log went on meanwhile. */
const REBUILD_TRIES_MAX = 5;

interface Found {
  readonly events: readonly StoredEvent[];
  /** The stream id of the first of them; empty where there is none. */
  readonly entryId: string;
  /** The last id of the log that was looked at. */
  readonly seen: string;
}

/** Looks one subject up in its partition's log: its events, and the head that they fold to where the head is gone. */
export class SubjectLog {
  readonly #calls: PartitionCalls;
  readonly #reads: ReadBatch;
  readonly #historyMs: number;
  readonly #rebuilding = new Map<Subject, Promise<Head | null>>();
  readonly #tokenOf: (partition: number) => string;

  /**
   * @param historyMs how long a head outlives its subject's end, in milliseconds.
   * @param tokenOf the token of a partition's fence as this node knows it.
   */
  constructor(
    calls: PartitionCalls,
    reads: ReadBatch,
    historyMs: number,
    tokenOf: (partition: number) => string,
  ) {
    this.#tokenOf = tokenOf;
    this.#calls = calls;
    this.#reads = reads;
    this.#historyMs = historyMs;
  }

  /** The subject's events that the log still has, oldest first. */
  async eventsOf(subject: Subject): Promise<readonly StoredEvent[]> {
    return (await this.#find(subject, (await this.#start(subject)) ?? '-')).events;
  }

  /**
   * Folds a missing head anew from the log, once for all who ask meanwhile.
   *
   * @returns null where the log has no beginning.
   * @throws StoreUnavailable where the log always went on before the head was put back: that it is missing is not known.
   */
  rebuild(subject: Subject): Promise<Head | null> {
    const running = this.#rebuilding.get(subject);
    if (running !== undefined) return running;
    const rebuilt = this.#rebuild(subject).finally(() => this.#rebuilding.delete(subject));
    this.#rebuilding.set(subject, rebuilt);
    return rebuilt;
  }

  async #rebuild(subject: Subject): Promise<Head | null> {
    const partition = partitionOf(subject, this.#calls.partitions);
    for (let tries = 0; tries < REBUILD_TRIES_MAX; tries++) {
      const { head } = await this.#reads.read(subject);
      if (head !== null) return head;
      const token = this.#tokenOf(partition);
      const start = await this.#start(subject);
      if (start === undefined) return null;
      const { events, entryId, seen } = await this.#find(subject, start);
      const folded = fold(events);
      if (folded === undefined) return null;
      const refolded = { subject, entryId, times: timesOf(events), folded };
      const call = rebuildArguments({ partition, seen, token }, refolded, this.#historyMs);
      const put = await this.#calls.call(partition, true, (link) => link.redis.fcall(...call));
      if ((put as number) >= 0) return (await this.#reads.read(subject)).head;
    }
    throw new StoreUnavailable('the log went on faster than it was read');
  }

  /** From where the log can know a subject; undefined where it does not have its first event. */
  async #start(subject: Subject): Promise<string | undefined> {
    const partition = partitionOf(subject, this.#calls.partitions);
    const score = await this.#calls.callOn(
      (shard) => shard.control,
      partition,
      true,
      (link) => link.redis.zscore(partitionKeys(partition).firsts, subject),
    );
    return score === null ? undefined : `${Math.max(0, Number(score) - MARKED_LATE_MS)}-0`;
  }

  async #find(subject: Subject, start: string): Promise<Found> {
    const partition = partitionOf(subject, this.#calls.partitions);
    const { log } = partitionKeys(partition);
    const mine = `["${subject}",`;
    const events: StoredEvent[] = [];
    let entryId = '';
    const [end] = await this.#onControl(partition, (link) => newestIds(link, [partition]));
    let seen = end as string;
    for (let from = start; ; from = `(${seen}`) {
      const page = await this.#onControl(partition, (redis) =>
        redis.xrange(log, from, '+', 'COUNT', HISTORY_COUNT_MAX),
      );
      for (const [id, fields] of page) {
        const text = fields[1] as string;
        if (!text.startsWith(mine)) continue;
        if (events.length === 0) entryId = id;
        events.push(parseEntry(text).event);
      }
      seen = page[page.length - 1]?.[0] ?? seen;
      if (page.length < HISTORY_COUNT_MAX) return { events, entryId, seen };
    }
  }

  #onControl<T>(partition: number, run: (redis: RedisConnection) => Promise<T>): Promise<T> {
    return this.#calls.callOn(
      (shard) => shard.control,
      partition,
      true,
      (link) => run(link.redis),
    );
  }
}
