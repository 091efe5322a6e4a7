import { startClusterTopology } from '../support/cluster.ts';
import type { ClusterTopology } from '../support/cluster.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis, RedisOptions } from '../support/redis.ts';
import { startSentinelTopology } from '../support/sentinel.ts';
import type { SentinelOptions, SentinelTopology } from '../support/sentinel.ts';
import { until } from '../support/until.ts';
import type { Ground } from './scenario.ts';

/** One master, two replicas, three Sentinels that call a master down after a second. */
export interface SentinelGround extends Ground {
  readonly topology: SentinelTopology;
  /**
   * Puts a link of its own between the master and these replicas, as if they stood on other hosts. Sentinel moves
   * them back to the direct one after 8 s, so what needs the link must happen before.
   */
  link(replicas: readonly Redis[]): Promise<FaultProxy>;
}

/** Starts it. */
export async function sentinelGround(options: SentinelOptions = {}): Promise<SentinelGround> {
  const topology = await startSentinelTopology({ downAfterMs: 1000, ...options });
  const links: FaultProxy[] = [];
  return {
    topology,
    urls: [topology.url, topology.url],
    masters: async () => [await topology.master()],
    link: async (replicas) => {
      const link = await startFaultProxy({ port: (await topology.master()).port });
      links.push(link);
      for (const replica of replicas) await replica.ask('REPLICAOF', '127.0.0.1', link.port);
      for (const replica of replicas) {
        await until(async () => (await replica.info('replication'))['master_link_status'] === 'up', {
          what: 'a replica behind its link',
        });
      }
      return link;
    },
    stop: async () => {
      await topology.stop();
      for (const link of links) await link.stop();
    },
  };
}

/** Three masters with a replica each; a node is called down after a second. */
export interface ClusterGround extends Ground {
  readonly topology: ClusterTopology;
}

/** Starts it. */
export async function clusterGround(): Promise<ClusterGround> {
  const topology = await startClusterTopology({ nodeTimeoutMs: 1000 });
  return {
    topology,
    urls: [topology.url, topology.url],
    masters: () => topology.masters(),
    stop: () => topology.stop(),
  };
}

/** One Redis, and a network of each gateway's own before it. */
export interface SingleGround extends Ground {
  readonly redis: Redis;
  readonly networks: readonly [FaultProxy, FaultProxy];
}

/** Starts it; with an append-only file unless told otherwise. */
export async function singleGround(options: RedisOptions = {}): Promise<SingleGround> {
  const redis = await startRedis({ ...options, config: { appendonly: 'yes', ...options.config } });
  const networks = [await startFaultProxy(redis), await startFaultProxy(redis)] as const;
  const [one, other] = networks;
  return {
    redis,
    networks,
    urls: [`redis://127.0.0.1:${one.port}`, `redis://127.0.0.1:${other.port}`],
    masters: () => Promise.resolve([redis]),
    stop: async () => {
      for (const network of networks) await network.stop();
      await redis.stop();
    },
  };
}
