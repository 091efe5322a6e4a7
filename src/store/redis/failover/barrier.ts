import { sleep } from '../../../time/time.ts';
import type { Time } from '../../../time/time.ts';
import { partitionKeys } from '../../keys.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import type { Shard } from '../connection/shard.ts';

/**
 * How far a node is with a failover: it found the new timeline, or has also tried to put back all that it knows, or
 * has nothing left that waits for another node.
 */
export type Stage = 'found' | 'tried' | 'healed';

/** How long what the nodes said is kept, in milliseconds: longer than any of them waits. */
const KEPT_MS = 180_000;

const LOOK_EVERY_MS = 20;

/** How many times longer a node is waited for that is at work than one that has not even been heard of. */
const AT_WORK = 4;

/** How long events may still wait for each other once every node has tried, in milliseconds. */
const TURNS_MS = 500;

/** Which failover, and which nodes meet in it. */
export interface BarrierOptions {
  readonly shard: Shard;
  readonly timeline: string;
  /** This node, and the others that were alive when the old timeline ended. */
  readonly id: string;
  readonly others: readonly string[];
  /** How long a node is waited for that has not been heard of, in milliseconds. */
  readonly settleMaxMs: number;
  readonly time: Time;
}

/**
 * The barrier that all nodes pass after one failover of one shard. Each puts back what it alone may know, and only when
 * all have done so may any go on: else one would write where another was about to restore. They tell each other how far
 * they are in a set beside the data.
 */
export class Barrier {
  readonly #options: BarrierOptions;
  readonly #startedAt: number;
  readonly #first: number | undefined;
  /** As last heard: a question that failed makes nobody silent. */
  #stages: readonly (Stage | undefined)[];
  #triedAt: number | undefined;

  constructor(options: BarrierOptions) {
    this.#options = options;
    this.#startedAt = options.time.now();
    this.#first = options.shard.partitions[0];
    this.#stages = options.others.map(() => undefined);
  }

  /** This node, and those that it waits for. */
  get nodes(): { readonly id: string; readonly others: readonly string[] } {
    return this.#options;
  }

  /** When nobody waits any longer, whatever the others say. */
  get endsAt(): number {
    return this.#startedAt + AT_WORK * this.#options.settleMaxMs;
  }

  /** Tells the others how far this node is, on a connection that is not open for calls yet. */
  async announceOn(redis: RedisConnection, stage: Stage): Promise<void> {
    if (this.#first === undefined) return;
    const { timeline, id } = this.#options;
    const { healed } = partitionKeys(this.#first);
    await Promise.all([redis.sadd(healed, memberOf(timeline, id, stage)), redis.pexpire(healed, KEPT_MS)]);
  }

  /** Tells the others how far this node is, as long as they wait for it: the writer may be on its way once more. */
  async announce(calls: PartitionCalls, stage: Stage): Promise<void> {
    const first = this.#first;
    if (first === undefined) return;
    while (this.#options.time.now() < this.endsAt) {
      const told = calls.call(first, true, ({ redis }) => this.announceOn(redis, stage));
      if (await told.then(() => true).catch(() => false)) return;
      await sleep(this.#options.time, LOOK_EVERY_MS);
    }
  }

  /** Whether others are at work on this failover, or may be: asked on a connection that is not open for calls yet. */
  async isUnderWay(redis: RedisConnection): Promise<boolean> {
    if (this.#first === undefined) return false;
    const isFresh = (await redis.exists(partitionKeys(this.#first).grace)) === 1;
    return isFresh || (await this.#ask(redis)).some((stage) => stage === 'found' || stage === 'tried');
  }

  /** Settles when all others are through, or have not been heard of in time. @returns who is not through. */
  async allHealed(): Promise<readonly string[]> {
    for (;;) {
      const stages = await this.#ask();
      if (!stages.some((stage) => stage !== 'healed' && this.#mayCome(stage))) {
        return this.#options.others.filter((_, i) => stages[i] !== 'healed');
      }
      await sleep(this.#options.time, LOOK_EVERY_MS);
    }
  }

  /**
   * Whether no other node will bring anything that was not there before this was asked.
   *
   * @param progressed whether something was brought since it was asked last.
   */
  async isOver(progressed = false): Promise<boolean> {
    const { time } = this.#options;
    const stages = await this.#ask();
    if (stages.every((stage) => stage === 'healed')) return true;
    const atWork = stages.some((stage) => (stage === undefined || stage === 'found') && this.#mayCome(stage));
    if (progressed || atWork) this.#triedAt = undefined;
    if (!atWork) this.#triedAt ??= time.now();
    return this.#triedAt !== undefined && time.now() - this.#triedAt >= TURNS_MS;
  }

  #mayCome(stage: Stage | undefined): boolean {
    const { time, settleMaxMs } = this.#options;
    return time.now() < (stage === undefined ? this.#startedAt + settleMaxMs : this.endsAt);
  }

  /** How far each of the others is; undefined for those who have not said anything. */
  async #ask(redis = this.#options.shard.writer.redis): Promise<readonly (Stage | undefined)[]> {
    const { timeline, others } = this.#options;
    if (this.#first === undefined || others.length === 0) return [];
    const members = others.flatMap((id) => STAGES.map((stage) => memberOf(timeline, id, stage)));
    const said = await redis.smismember(partitionKeys(this.#first).healed, ...members).catch(() => undefined);
    if (said !== undefined) {
      this.#stages = others.map((_, i) => STAGES.find((_stage, j) => said[STAGES.length * i + j] === 1));
    }
    return this.#stages;
  }
}

/** The farthest first. */
const STAGES: readonly Stage[] = ['healed', 'tried', 'found'];

function memberOf(timeline: string, id: string, stage: Stage): string {
  return `${timeline} ${id} ${stage}`;
}
