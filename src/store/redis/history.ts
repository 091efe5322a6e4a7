import type { Redis } from 'ioredis';
import { fold } from '../fold.ts';
import type { Head, StoredEvent } from '../event-store.ts';
import { headKey, partitionKeys } from '../keys.ts';
import type { Subject } from '../subject.ts';
import { partitionOf } from '../subject.ts';
import { formatHead, timesOf } from './head-format.ts';
import { parseEntry } from './log-entry.ts';
import type { ReadBatch } from './read-batch.ts';
import type { Session } from './session.ts';
import { HISTORY_COUNT_MAX } from './settings.ts';
import { newestIds } from './stream-id.ts';

/** How often a rebuild starts again because the log went on meanwhile. */
const REBUILD_TRIES_MAX = 5;

interface Found {
  readonly events: readonly StoredEvent[];
  /** The last id of the log that was looked at. */
  readonly seen: string;
}

/** What a partition's log still says of one subject, and heads folded anew from it. */
export class History {
  readonly #session: Session;
  readonly #reads: ReadBatch;
  readonly #rebuilding = new Map<Subject, Promise<Head | null>>();

  constructor(session: Session, reads: ReadBatch) {
    this.#session = session;
    this.#reads = reads;
  }

  async of(subject: Subject): Promise<readonly StoredEvent[]> {
    return (await this.#find(subject, (await this.#start(subject)) ?? '-')).events;
  }

  rebuild(subject: Subject): Promise<Head | null> {
    const running = this.#rebuilding.get(subject);
    if (running !== undefined) return running;
    const rebuilt = this.#rebuild(subject).finally(() => this.#rebuilding.delete(subject));
    this.#rebuilding.set(subject, rebuilt);
    return rebuilt;
  }

  async #rebuild(subject: Subject): Promise<Head | null> {
    for (let tries = 0; tries < REBUILD_TRIES_MAX; tries++) {
      const { head } = await this.#reads.read(subject);
      if (head !== null) return head;
      const start = await this.#start(subject);
      if (start === undefined) return null;
      const found = await this.#find(subject, start);
      const folded = fold(found.events);
      if (folded === undefined) return null;
      const put = await this.#put(subject, found, formatHead(timesOf(found.events), folded), folded.final);
      if (put >= 0) return (await this.#reads.read(subject)).head;
    }
    return null;
  }

  async #put(subject: Subject, { events, seen }: Found, text: string, final: boolean): Promise<number> {
    const partition = partitionOf(subject, this.#session.partitions);
    const { log, due } = partitionKeys(partition);
    const last = events[events.length - 1] as StoredEvent;
    const ends = (final ? last.at : last.deadline) + this.#session.settings.historyMs;
    const keys = [log, due, headKey(partition, subject)];
    const put = await this.#session.call(partition, true, (link) =>
      link.redis.fcall('sg1_rebuild', 3, ...keys, subject, seen, ends, last.deadline, final ? 1 : 0, text),
    );
    return put as number;
  }

  /** From where the log can know a subject; undefined where it does not have its first event. */
  async #start(subject: Subject): Promise<string | undefined> {
    const partition = partitionOf(subject, this.#session.partitions);
    const score = await this.#session.callOn(
      (shard) => shard.control,
      partition,
      true,
      (link) => link.redis.zscore(partitionKeys(partition).firsts, subject),
    );
    return score === null ? undefined : `${score}-0`;
  }

  async #find(subject: Subject, start: string): Promise<Found> {
    const partition = partitionOf(subject, this.#session.partitions);
    const { log } = partitionKeys(partition);
    const mine = `["${subject}",`;
    const events: StoredEvent[] = [];
    const [end] = await this.#onControl(partition, (link) => newestIds(link, [partition]));
    let seen = end as string;
    for (let from = start; ; from = `(${seen}`) {
      const page = await this.#onControl(partition, (redis) =>
        redis.xrange(log, from, '+', 'COUNT', HISTORY_COUNT_MAX),
      );
      for (const [, fields] of page) {
        const text = fields[1] as string;
        if (text.startsWith(mine)) events.push(parseEntry(text).event);
      }
      seen = page[page.length - 1]?.[0] ?? seen;
      if (page.length < HISTORY_COUNT_MAX) return { events, seen };
    }
  }

  #onControl<T>(partition: number, run: (redis: Redis) => Promise<T>): Promise<T> {
    return this.#session.callOn(
      (shard) => shard.control,
      partition,
      true,
      (link) => run(link.redis),
    );
  }
}
