import { createHash } from 'node:crypto';
import { every } from '../../../time/time.ts';
import type { Time } from '../../../time/time.ts';
import { askServer } from '../connection/link.ts';
import type { ServerState } from '../connection/link.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import { verdictOf } from '../connection/reply-error.ts';
import { FOLLOW_WAIT_MS } from '../connection/shard.ts';
import type { Shard, Shards } from '../connection/shard.ts';
import { checkMeta, readMeta } from '../setup/meta.ts';
import type { Meta } from '../setup/meta.ts';
import { loadFunctions, migrate } from '../setup/migrate.ts';

/** How often each writer's server is asked whose history it has, in milliseconds. */
const TIMELINE_CHECK_MS = 1_000;

/** Whether another history is noticed. */
export interface TimelineSettings {
  /** Ask whether a server is still the master, and notice another history (off for tests only). */
  readonly detectsTimelines: boolean;
}

/** Whose timelines are watched, and who hears what. */
export interface TimelineWatchOptions {
  readonly meta: Meta;
  readonly shards: Shards;
  /** Whether a changed history is noticed at all (off for tests only). */
  readonly detects: boolean;
  readonly randomText: () => string;
  readonly time: Time;
  /** What this node knows of the partitions' fences. */
  readonly fences: FencesWatched;
  /** The change is through, and the store has another name than before. */
  readonly onChanged: (timeline: string, before: string) => void;
  /** The first look is through, and the store has a name. */
  readonly onFound: (timeline: string) => void;
  /** A shard told the time. */
  readonly onTime: (shard: Shard, now: number) => Promise<void>;
}

/** The partitions' fences, as far as a history is told by them. */
export interface FencesWatched {
  /** The tokens of those that were met. */
  readonly tokens: () => readonly string[];
  /**
   * The partitions of a shard whose fence is not the one that was met last.
   *
   * @param history of the server: a fence of another one counts too; absent where that is no matter.
   */
  readonly strangeOf: (shard: Shard, redis: RedisConnection, history?: string) => Promise<readonly number[]>;
  /**
   * Meets them. Settles before anything else is sent to the shard.
   *
   * @param timeline names the history of the whole store once they were met.
   * @returns whether their history is another one.
   */
  readonly enter: (
    shard: Shard,
    redis: RedisConnection,
    partitions: readonly number[],
    timeline: () => string,
  ) => Promise<boolean>;
}

/** A look that is under way, and the one that begins after it, for those who came too late for the first. */
interface Looking {
  readonly now: Promise<boolean>;
  next?: Promise<boolean>;
}

/**
 * Watches whose history each writer's own socket writes: `master_replid`, the fence of each partition, and the epoch beside
 * the data. Where one is new, the functions and the meta key are looked at, and put there again when they are gone.
 */
export class TimelineWatch {
  readonly #options: TimelineWatchOptions;
  #epoch: string;
  #stopLooking = (): void => {};
  readonly #looking = new WeakMap<Shard, Looking>();

  constructor(options: TimelineWatchOptions) {
    this.#options = options;
    this.#epoch = options.meta.epoch;
  }

  /** Names the history of the whole store. */
  get name(): string {
    return this.#nameWith((shard) => shard.replicationId, this.#epoch);
  }

  /** Looks at a writer's server, before the link opens. */
  readonly checkWriter = async (shard: Shard, redis: RedisConnection): Promise<void> => {
    const server = await askServer(redis);
    if (server.role !== 'master') throw new Error(`the server is a ${server.role}`);
    const epoch = await this.#epochOf(redis);
    const before = this.name;
    const isFirst = shard.replicationId === '';
    const { fences, onChanged, onFound } = this.#options;
    const strange = await fences.strangeOf(shard, redis, server.replicationId);
    if (isFirst || strange.length > 0 || this.#isOther(shard, server, epoch))
      await loadFunctions(redis, false);
    if (!isFirst && this.#isOther(shard, server, epoch))
      for (const link of shard.followers) link.reconnect('the writer found another history');
    const timeline = (): string =>
      this.#nameWith((one) => (one === shard ? server : one).replicationId, epoch);
    const changed = strange.length > 0 && (await fences.enter(shard, redis, strange, timeline));
    shard.replicationId = server.replicationId;
    shard.replicas = server.replicas;
    this.#epoch = epoch;
    if (changed) onChanged(this.name, before);
    else if (isFirst) onFound(this.name);
  };

  /** A reader opens only where the writer is. */
  readonly checkReader = async (shard: Shard, redis: RedisConnection): Promise<void> => {
    await shard.writer.whenUp(FOLLOW_WAIT_MS);
    const server = await askServer(redis);
    if (shard.replicationId !== '' && server.replicationId !== shard.replicationId) {
      throw new Error('the server has another timeline than the writer');
    }
  };

  /** Looks once a second, until `stop`. */
  async start(): Promise<void> {
    const { shards, time } = this.#options;
    await Promise.all(shards.all.map((shard) => this.check(shard)));
    this.#stopLooking = every(time, TIMELINE_CHECK_MS, () => {
      for (const shard of shards.all) void this.check(shard);
    });
  }

  stop(): void {
    this.#stopLooking();
  }

  /** Looks now, once for all who ask meanwhile. @returns whether the shard surely has the history that it had. */
  check(shard: Shard): Promise<boolean> {
    const looking = this.#looking.get(shard);
    if (looking !== undefined) {
      looking.next ??= looking.now.then(() => this.#startLook(shard));
      return looking.next;
    }
    return this.#startLook(shard);
  }

  #startLook(shard: Shard): Promise<boolean> {
    const looking: Looking = { now: this.#look(shard) };
    this.#looking.set(shard, looking);
    return looking.now.finally(() => {
      if (looking.next === undefined) this.#looking.delete(shard);
    });
  }

  async #look(shard: Shard): Promise<boolean> {
    const { writer } = shard;
    if (!writer.up) return false;
    try {
      const server = await askServer(writer.redis);
      const epoch = await this.#epochOf(writer.redis, false);
      const strange = await this.#options.fences.strangeOf(shard, writer.redis);
      const [seconds, micros] = await writer.redis.time();
      shard.replicas = server.replicas;
      if (server.role !== 'master') writer.reconnect(`the server is a ${server.role}`);
      else if (this.#isOther(shard, server, epoch) || (this.#options.detects && strange.length > 0))
        writer.recheck();
      else {
        await this.#options.onTime(shard, Number(seconds) * 1000 + Math.floor(Number(micros) / 1000));
        return true;
      }
    } catch {
      // The link itself notices when its socket is lost.
    }
    return false;
  }

  #nameWith(historyOf: (shard: Shard) => string, epoch: string): string {
    const { shards, fences } = this.#options;
    return `${shards.all.map(historyOf).sort().join('+')}.${epoch}.${digestOf(fences.tokens())}`;
  }

  #isOther(shard: Shard, { replicationId }: ServerState, epoch: string): boolean {
    return this.#options.detects && (replicationId !== shard.replicationId || epoch !== this.#epoch);
  }

  /** The data's epoch; empty where it was wiped, unless `repair` gives it what it needs. */
  async #epochOf(redis: RedisConnection, repair = true): Promise<string> {
    const { meta, randomText, time } = this.#options;
    let found: Meta | undefined;
    try {
      found = await readMeta(redis);
    } catch (error) {
      if (verdictOf(error) === 'moved') return this.#epoch;
      throw error;
    }
    if (found === undefined) {
      if (!repair) return '';
      found = await migrate(redis, [redis], {
        partitions: meta.partitions,
        wantedPartitions: meta.partitions,
        randomText,
        time,
        replace: false,
      });
    }
    checkMeta(found, meta.partitions);
    return found.epoch;
  }
}

/** Tells sets of tokens apart, in a few letters. */
function digestOf(tokens: readonly string[]): string {
  return createHash('sha256').update(tokens.join(' ')).digest('hex').slice(0, 8);
}
