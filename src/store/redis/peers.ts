import type { Redis } from 'ioredis';
import { partitionKeys } from '../keys.ts';
import type { Shard } from './shard.ts';

/** For how long a node counts as alive after it last said so, in milliseconds. */
const ALIVE_MS = 3_000;

/** How long it is remembered on which timeline a node has healed, in milliseconds. */
const HEALED_MS = 60_000;

const LOOK_EVERY_MS = 20;

/**
 * The other nodes on this store. After a failover each puts back what it alone may know, and only when all have done
 * so may any go on: else one would write where another was about to restore.
 */
export class Peers {
  readonly #id: string;
  readonly #clock: () => number;
  #alive = new Map<Shard, ReadonlySet<string>>();

  constructor(id: string, clock: () => number) {
    this.#id = id;
    this.#clock = clock;
  }

  /** Says that this node is alive, and learns who else is. @param now the store's time. */
  async greet(shard: Shard, now: number): Promise<void> {
    const first = shard.partitions[0];
    if (first === undefined) return;
    const { nodes } = partitionKeys(first);
    const results = await shard.writer.redis
      .pipeline()
      .zadd(nodes, now, this.#id)
      .zremrangebyscore(nodes, '-inf', now - HEALED_MS)
      .zrangebyscore(nodes, now - ALIVE_MS, '+inf')
      .exec();
    const alive = results?.[2]?.[1];
    if (Array.isArray(alive)) this.#alive.set(shard, new Set(alive as string[]));
  }

  /** Takes its leave, so that nobody waits for it. */
  async leave(shard: Shard): Promise<void> {
    const first = shard.partitions[0];
    if (first !== undefined) await shard.writer.redis.zrem(partitionKeys(first).nodes, this.#id);
  }

  /** Says that this node has put back what it knows. */
  async announce(shard: Shard, redis: Redis, timeline: string): Promise<void> {
    const first = shard.partitions[0];
    if (first === undefined) return;
    const { healed } = partitionKeys(first);
    await redis.pipeline().sadd(healed, `${timeline} ${this.#id}`).pexpire(healed, HEALED_MS).exec();
  }

  /** Settles when every node that was alive before has said so, or the time is over. */
  async allHealed(shard: Shard, timeline: string, maxMs: number): Promise<void> {
    const first = shard.partitions[0];
    const end = this.#clock() + maxMs;
    const wanted = [...this.#everyone()].filter((id) => id !== this.#id);
    if (first === undefined || wanted.length === 0) return;
    while (this.#clock() < end) {
      const healed = await shard.writer.redis
        .smismember(partitionKeys(first).healed, ...wanted.map((id) => `${timeline} ${id}`))
        .catch(() => [0]);
      if (healed.every((one) => one === 1)) return;
      await new Promise((wait) => setTimeout(wait, LOOK_EVERY_MS));
    }
  }

  /** A Cluster's new master is a new shard, so whoever was alive at any counts. */
  #everyone(): Set<string> {
    return new Set([...this.#alive.values()].flatMap((alive) => [...alive]));
  }
}
