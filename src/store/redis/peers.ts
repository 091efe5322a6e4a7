import type { Redis } from 'ioredis';
import { partitionKeys } from '../keys.ts';
import { Round } from './round.ts';
import type { Shard } from './shard.ts';

/** For how long a node counts as alive after it last said so, in milliseconds. */
const ALIVE_MS = 3_000;

/** How long it is remembered that a node was alive once, in milliseconds. */
const REMEMBERED_MS = 60_000;

/** Who this node is, and how it waits for the others. */
export interface PeersOptions {
  readonly id: string;
  readonly clock: () => number;
  readonly settleMaxMs: number;
}

/** The nodes on this store, and who of them is alive. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #alive = new Map<Shard, ReadonlySet<string>>();

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Says that this node is alive, and learns who else is. @param now the store's time. */
  async greet(shard: Shard, now: number): Promise<void> {
    const first = shard.partitions[0];
    if (first === undefined) return;
    const { nodes } = partitionKeys(first);
    const results = await shard.writer.redis
      .pipeline()
      .zadd(nodes, now, this.#options.id)
      .zremrangebyscore(nodes, '-inf', now - REMEMBERED_MS)
      .zrangebyscore(nodes, now - ALIVE_MS, '+inf')
      .exec();
    const alive = results?.[2]?.[1];
    if (!Array.isArray(alive)) return;
    this.#alive.set(shard, new Set(alive as string[]));
    for (const known of this.#alive.keys()) if (known.writer.closed) this.#alive.delete(known);
  }

  /** Takes its leave, so that nobody waits for it. */
  async leave(shard: Shard): Promise<void> {
    const first = shard.partitions[0];
    if (first !== undefined) await shard.writer.redis.zrem(partitionKeys(first).nodes, this.#options.id);
  }

  /** Learns from a new master who was alive when the old one last answered: who joined just before is known to few. */
  async learn(shard: Shard, redis: Redis, answeredAt: number): Promise<void> {
    const first = shard.partitions[0];
    if (first === undefined) return;
    const names = await redis.zrangebyscore(partitionKeys(first).nodes, answeredAt - ALIVE_MS, '+inf');
    this.#alive.set(shard, new Set([...(this.#alive.get(shard) ?? []), ...names]));
  }

  /** A failover of a shard, to be dealt with together with all who are known to be alive now. */
  round(shard: Shard, timeline: string): Round {
    const others = [...this.#everyone()].filter((id) => id !== this.#options.id);
    return new Round({ ...this.#options, shard, timeline, others });
  }

  /** A Cluster's new master is a new shard, so whoever was alive at any counts. */
  #everyone(): Set<string> {
    return new Set([...this.#alive.values()].flatMap((alive) => [...alive]));
  }
}
