import { sleep } from '../../../time/time.ts';
import type { Time } from '../../../time/time.ts';
import { traceOfEntry } from '../../event-trace.ts';
import type { Subject } from '../../subject.ts';
import { RETRY_DELAY_MS } from '../connection/call.ts';
import type { Shard, Shards } from '../connection/shard.ts';
import { subjectOfEntry } from '../format/log-entry.ts';
import { earlierId, rewoundId, timeOfId } from '../format/stream-id.ts';
import { FeedListener } from './feed-listener.ts';
import { ReadBudget } from './read-budget.ts';
import { newestIds, readTail } from './tail-read.ts';
import type { Entries } from './tail-read.ts';

/** How the end of the log is read. */
export interface TailSettings {
  /** Pause between two reads of the log's tail once there are many, in milliseconds: a lower one costs Redis more. */
  readonly tailPauseMs: number;
  /** Reads of the tail a second that follow one another at once; 0: never. */
  readonly tailReads: number;
  /** How much of the log is told again after a failover, in milliseconds; 0 leaves the place in it alone (for tests only). */
  readonly rewindMs: number;
}

/** Where the tail reads, how fast, and who hears each entry. */
export interface TailOptions {
  readonly shards: Shards;
  /** One XREAD over all partitions (false in a Cluster, where it may name keys of one slot alone). */
  readonly together: boolean;
  readonly pauseMs: number;
  /** Reads a second, of each shard, that no pause follows. Reads that are not together do not wait at the server, so one always does. */
  readonly readsPerSecond: number;
  readonly rewindMs: number;
  /** An outage longer than this is answered by `all` and the newest end, in milliseconds. */
  readonly gapMaxMs: number;
  readonly time: Time;
  /** @param now the store's time when the last entry of that read was written, in milliseconds since the epoch. */
  readonly onEntry: (text: string, partition: number, now: number) => void;
}

/**
 * Reads the ends of all partitions' logs, always from explicit ids, and tells every listener what moved. It survives
 * outages: it goes on where it was, or says `all`.
 */
export class Tail {
  readonly #options: TailOptions;
  readonly #listeners = new Set<FeedListener>();
  readonly #cursors = new Map<number, string>();
  readonly #running = new Map<Shard, Promise<void>>();
  readonly #toRewind = new Set<Shard>();
  #closed = false;
  #lastReadAt = 0;
  #started: (() => void) | undefined;
  /** Kept once the end of every partition was found. */
  readonly started: Promise<void>;

  constructor(options: TailOptions) {
    this.#options = options;
    this.started = new Promise((resolve) => {
      this.#started = resolve;
    });
  }

  /** Reads from every shard that there is now. */
  follow(): void {
    for (const shard of this.#options.shards.all) {
      if (this.#running.has(shard) || this.#closed) continue;
      this.#running.set(
        shard,
        this.#run(shard).finally(() => this.#running.delete(shard)),
      );
    }
  }

  /** The shard has another history now: its tail is read again from earlier on, and everyone looks at everything. */
  rewind(shard: Shard): void {
    this.#toRewind.add(shard);
    this.#forEachListener((listener) => listener.everything());
  }

  /** Tells everyone of subjects that the log itself will not name. */
  wake(subjects: readonly Subject[]): void {
    this.#forEachListener((listener) => listener.moved(subjects));
  }

  listen(): FeedListener {
    const listener = new FeedListener();
    if (this.#closed) listener.end();
    else this.#listeners.add(listener);
    return listener;
  }

  leave(listener: FeedListener): void {
    this.#listeners.delete(listener);
    listener.end();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#forEachListener((listener) => listener.end());
    this.#listeners.clear();
    this.#started?.();
    await Promise.all(this.#running.values());
  }

  async #run(shard: Shard): Promise<void> {
    const { time, pauseMs, readsPerSecond, together } = this.#options;
    const budget = new ReadBudget(together ? readsPerSecond : 0, time);
    while (!this.#closed && !shard.reader.closed) {
      try {
        if (!shard.reader.up) await shard.reader.whenUp(1_000);
        await this.#place(shard);
        const places = shard.partitions.map(
          (partition) => [partition, this.#cursors.get(partition) as string] as const,
        );
        const read = await readTail(shard.reader.redis, places, together);
        this.#lastReadAt = time.now();
        if (this.#toRewind.has(shard)) continue;
        for (const entries of read.entries) this.#take(entries);
        if (!budget.spend() && !read.full) await sleep(time, pauseMs);
      } catch {
        await sleep(time, RETRY_DELAY_MS);
      }
    }
  }

  /** Finds where to read from: the end at first and after a long gap, earlier after a failover. */
  async #place(shard: Shard): Promise<void> {
    const { time, gapMaxMs, rewindMs } = this.#options;
    const rewinds = this.#toRewind.has(shard);
    const gap = this.#lastReadAt > 0 && time.now() - this.#lastReadAt > gapMaxMs;
    if (!rewinds && !gap && shard.partitions.every((partition) => this.#cursors.has(partition))) return;
    const isLate =
      this.#lastReadAt > 0 && shard.partitions.some((partition) => !this.#cursors.has(partition));
    const newest = await newestIds(shard.reader.redis, shard.partitions);
    for (const [i, partition] of shard.partitions.entries()) {
      const end = newest[i] as string;
      const own = this.#cursors.get(partition);
      if (own === undefined || gap) this.#cursors.set(partition, end);
      else if (rewinds && rewindMs > 0)
        this.#cursors.set(partition, earlierId(rewoundId(own, rewindMs), end));
    }
    if (rewinds || gap) {
      this.#toRewind.delete(shard);
      this.#lastReadAt = time.now();
    }
    // A master that is read later than the first may have written since the feed was ready.
    if (rewinds || gap || isLate) this.#forEachListener((listener) => listener.everything());
    this.#started?.();
  }

  #take({ partition, texts, last }: Entries): void {
    const subjects = new Set<Subject>();
    let traces: Map<Subject, string> | undefined;
    for (const text of texts) {
      const subject = subjectOfEntry(text);
      subjects.add(subject);
      const trace = traceOfEntry(text);
      if (trace !== undefined) (traces ??= new Map()).set(subject, trace);
      this.#options.onEntry(text, partition, timeOfId(last));
    }
    this.#cursors.set(partition, last);
    this.#forEachListener((listener) => listener.moved(subjects, traces));
  }

  #forEachListener(act: (listener: FeedListener) => void): void {
    for (const listener of this.#listeners) act(listener);
  }
}
