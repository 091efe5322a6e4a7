import type { Time } from '../../../time/time.ts';
import { partitionKeys } from '../../keys.ts';
import type { StoreSettings } from '../../store-settings.ts';
import { isSubject } from '../../subject.ts';
import type { Subject } from '../../subject.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';
import { verdictOf } from '../connection/reply-error.ts';
import type { Shard, Shards } from '../connection/shard.ts';
import { HOLD_LOG } from './held-log.ts';
import type { TailSettings } from './tail.ts';

/** How much longer the log is kept than the longest life and the history, in milliseconds. */
const LOG_SLACK_MS = 60_000;

/** How often a node lets go of old log, partition by partition, in milliseconds. */
const TRIM_EVERY_MS = 20_000;

/** The most that one sweep brings. */
const DUE_MAX = 200;

/** Where due subjects are looked for, and how much log is kept. */
export interface SweepOptions {
  readonly calls: PartitionCalls;
  readonly shards: Shards;
  readonly settings: StoreSettings & Pick<TailSettings, 'rewindMs'>;
  readonly time: Time;
  /** How many events the log holds for a record that has not read them, beyond its own time; absent: none. */
  readonly waitingMax?: number | undefined;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Told once that old log is not let go of as it should be, until it is again. */
  readonly onKept?: (error: unknown) => void;
}

/** Finds what is due, and now and then lets go of log that nobody needs any more. */
export class Sweep {
  readonly #options: SweepOptions;
  #trimmedAt: number;
  #isTold = false;

  constructor(options: SweepOptions) {
    this.#options = options;
    this.#trimmedAt = options.time.now() - TRIM_EVERY_MS * options.random();
  }

  async due(limit: number): Promise<readonly Subject[]> {
    const bound = Math.max(0, Math.min(limit, DUE_MAX));
    const { shards, random } = this.#options;
    const found = await this.#dueOfAll(shards.all, bound);
    if (this.#options.time.now() - this.#trimmedAt > TRIM_EVERY_MS) await this.#trim();
    if (found.length <= bound) return found;
    const start = Math.floor(random() * found.length);
    return [...found.slice(start), ...found.slice(0, start)].slice(0, bound);
  }

  /** Due subjects of the masters that answer. @throws StoreUnavailable where none does. */
  async #dueOfAll(shards: readonly Shard[], limit: number): Promise<Subject[]> {
    const answers = await Promise.allSettled(shards.map((shard) => this.#dueOf(shard, limit)));
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed !== undefined && answers.every((answer) => answer.status === 'rejected')) throw failed.reason;
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  }

  async #dueOf(shard: Shard, limit: number): Promise<Subject[]> {
    const lists = await this.#onEach(shard, (pipeline, partition) => {
      const { due, fence } = partitionKeys(partition);
      pipeline.fcall_ro('sg3_due', 2, due, fence, limit);
    });
    return (lists as (string[] | undefined)[]).flatMap((list) => list ?? []).filter(isSubject);
  }

  async #trim(): Promise<void> {
    this.#trimmedAt = this.#options.time.now();
    const { lifeMaxMs, historyMs, rewindMs } = this.#options.settings;
    const keepMs = lifeMaxMs + historyMs + rewindMs + LOG_SLACK_MS;
    const failures: unknown[] = [];
    const trims = this.#options.shards.all.map(async (shard) => {
      const partitions = await this.#notHeld(shard, keepMs, (error) => failures.push(error));
      await this.#onEach(
        shard,
        (pipeline, partition) => {
          const { log, firsts, due, keep } = partitionKeys(partition);
          pipeline.fcall('sg3_trim', 4, log, firsts, due, keep, keepMs, historyMs, LOG_SLACK_MS);
        },
        { partitions },
      );
    });
    for (const trim of await Promise.allSettled(trims))
      if (trim.status === 'rejected') failures.push(trim.reason);
    if (failures.length > 0 && !this.#isTold) this.#options.onKept?.(failures[0]);
    this.#isTold = failures.length > 0;
  }

  /** Partitions whose log waits for no record; one that cannot be asked (an earlier release's Redis user) counts as such. */
  async #notHeld(
    shard: Shard,
    keepMs: number,
    onRefused: (error: unknown) => void,
  ): Promise<readonly number[]> {
    const { waitingMax, calls } = this.#options;
    if (waitingMax === undefined) return shard.partitions;
    const most = Math.ceil(waitingMax / calls.partitions);
    const { partitions } = shard;
    const held = await this.#onEach(
      shard,
      (pipeline, partition) => {
        const { log, keep } = partitionKeys(partition);
        pipeline.eval(HOLD_LOG, 2, log, keep, keepMs, most);
      },
      { partitions, onRefused },
    );
    return partitions.filter((_, index) => held[index] !== 1);
  }

  async #onEach(
    shard: Shard,
    add: (pipeline: Pipeline, partition: number) => void,
    { partitions = shard.partitions, onRefused }: Each = {},
  ): Promise<unknown[]> {
    const first = partitions[0];
    if (first === undefined) return [];
    return this.#options.calls.callOn(
      () => shard.control,
      first,
      true,
      async (link) => {
        const pipeline = link.redis.pipeline();
        for (const partition of partitions) add(pipeline, partition);
        const results = (await pipeline.exec()) ?? [];
        return results.map(([error, reply]) => {
          if (error === null) return reply;
          const verdict = verdictOf(error);
          if (verdict === 'moved') this.#options.shards.refresh();
          else if (verdict === 'failed' && onRefused !== undefined) onRefused(error);
          else throw error;
          return undefined;
        });
      },
    );
  }
}

/** Which of a shard's partitions are asked, and who hears of what the server refuses; absent: that is thrown. */
interface Each {
  readonly partitions?: readonly number[];
  readonly onRefused?: (error: unknown) => void;
}

type Pipeline = ReturnType<Shard['control']['redis']['pipeline']>;
