import type { Time } from '../../../time/time.ts';
import { partitionKeys } from '../../keys.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import type { Shard } from '../connection/shard.ts';
import type { OnIncident } from './incident.ts';

/** For how long a node counts as alive after it last said so, in milliseconds. */
const ALIVE_MS = 3_000;

/** How long it is remembered that a node was alive once, in milliseconds. */
const REMEMBERED_MS = 60_000;

/** For how long after a failover nobody is taken for gone: who has not come yet may come, in milliseconds. */
const KEPT_AFTER_CHANGE_MS = 10_000;

/** How the name of a node begins whose functions know fences. Nodes of older releases have no such beginning. */
export const FENCED_NODE = 'v3-';

const FENCED = /^v\d+-/;

/** Who this node is. */
export interface PeersOptions {
  readonly id: string;
  readonly time: Time;
  readonly onIncident: OnIncident;
}

/** Membership: the nodes on this store, and who of them is alive. Each says so once a second beside the data. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #alive = new Map<Shard, ReadonlySet<string>>();
  #changedAt = -Infinity;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Says that this node is alive, and learns who else is. @param now the store's time. */
  async sayAlive(shard: Shard, now: number): Promise<void> {
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
    const before =
      this.#options.time.now() - this.#changedAt < KEPT_AFTER_CHANGE_MS ? (this.#alive.get(shard) ?? []) : [];
    this.#remember(shard, new Set([...before, ...(alive as string[])]));
    for (const known of this.#alive.keys()) if (known.writer.closed) this.#alive.delete(known);
  }

  /** Takes this node out, so that no other waits for it. */
  async leave(shard: Shard): Promise<void> {
    const first = shard.partitions[0];
    if (first !== undefined) await shard.writer.redis.zrem(partitionKeys(first).nodes, this.#options.id);
  }

  /**
   * Learns from a new master who was alive when the old one last answered, for who joined just before is known to few;
   * who starts here learns of everyone who was alive in the last minute.
   */
  async learnAlive(shard: Shard, redis: RedisConnection, answeredAt?: number): Promise<void> {
    const first = shard.partitions[0];
    if (first === undefined) return;
    const since = answeredAt === undefined ? (await timeOf(redis)) - REMEMBERED_MS : answeredAt - ALIVE_MS;
    const names = await redis.zrangebyscore(partitionKeys(first).nodes, since, '+inf');
    this.#remember(shard, new Set([...(this.#alive.get(shard) ?? []), ...names]));
  }

  /** This node's name. */
  get id(): string {
    return this.#options.id;
  }

  /** The other nodes that are known to be alive. */
  get others(): readonly string[] {
    return [...this.#everyone()].filter((id) => id !== this.id);
  }

  /** The store has another history: nobody is taken for gone for a while. */
  changed(): void {
    this.#changedAt = this.#options.time.now();
  }

  #remember(shard: Shard, alive: ReadonlySet<string>): void {
    const before = this.#everyone();
    this.#alive.set(shard, alive);
    const after = this.#everyone();
    const came = [...after].filter((id) => !before.has(id) && id !== this.#options.id);
    const gone = [...before].filter((id) => !after.has(id) && id !== this.#options.id);
    const unfenced = [...after].filter((id) => !FENCED.test(id)).length;
    if (came.length + gone.length > 0) this.#options.onIncident({ kind: 'nodes', came, gone, unfenced });
  }

  /** A Cluster's new master is a new shard, so whoever was alive at any counts. */
  #everyone(): Set<string> {
    return new Set([...this.#alive.values()].flatMap((alive) => [...alive]));
  }
}

async function timeOf(redis: RedisConnection): Promise<number> {
  const [seconds] = await redis.time();
  return Number(seconds) * 1000;
}
