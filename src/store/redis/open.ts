import type { EventStore } from '../event-store.ts';
import type { Ledger } from '../ledger.ts';
import type { RebuildAll } from '../rebuild.ts';
import { parseRedisAddress } from './connection/address.ts';
import type { RedisAddress } from './connection/address.ts';
import { ClockWatch } from './failover/clock-watch.ts';
import { ClusterShards } from './connection/cluster.ts';
import { Failover } from './failover/failover.ts';
import type { OnIncident } from './failover/incident.ts';
import { redisLedger } from './ledger.ts';
import { Peers } from './failover/peers.ts';
import { prepare } from './setup/prepare.ts';
import { rebuildAll } from './events/rebuild-all.ts';
import { RedisStore } from './events/event-store.ts';
import { SentinelWatch } from './failover/sentinel-watch.ts';
import { Session } from './events/session.ts';
import { oneShard } from './connection/shard.ts';
import type { ShardChecks, Shards } from './connection/shard.ts';
import type { RedisSettings } from './redis-settings.ts';
import { Tail } from './events/tail.ts';
import { Timelines } from './failover/timelines.ts';

/** How long a node takes to say that it leaves. */
const LEAVE_MS = 200;

/** How a Redis store is opened. */
export interface OpenRedisOptions {
  /** `SCANGATE_STORE`: what {@link parseRedisAddress} takes. */
  readonly url: string;
  readonly settings: RedisSettings;
  /** Bring the store to this release first; without it a store that is not ready refuses to open. */
  readonly migrate: boolean;
  /** A monotonic clock, in milliseconds. */
  readonly clock: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** A fresh text of at least 128 random bits. */
  readonly randomText: () => string;
  /** Hears of failovers and what became of them. */
  readonly onIncident?: OnIncident;
}

/** An open Redis store: both ports on one set of connections. Closing the event store closes both. */
export interface RedisStores {
  readonly store: EventStore;
  readonly ledger: Ledger;
  readonly rebuildAll: RebuildAll;
}

/**
 * Opens the store on Redis.
 *
 * @throws Error with one line where the data or the server must not be used; {@link StoreUnavailable} where nothing
 * answered in time.
 */
export async function openRedisStore(options: OpenRedisOptions): Promise<RedisStores> {
  const { url, settings, clock, random, randomText, onIncident = () => {} } = options;
  const address = parseRedisAddress(url);
  const meta = await prepare(address, {
    migrate: options.migrate,
    partitions: settings.partitions,
    randomText,
    timeoutMs: settings.callTimeoutMs,
  });

  let tail: Tail | undefined;
  const sentinels =
    address.kind === 'sentinel'
      ? new SentinelWatch(address, clock, {
          onHeard: () => failover.trust(),
          onReturn: () => {
            for (const { writer, followers } of shards.all) {
              for (const link of [writer, ...followers]) link.reconnect();
            }
          },
        })
      : undefined;
  const peers = new Peers({ id: randomText(), clock, settleMaxMs: settings.settleMaxMs });
  const failover = new Failover({
    settings,
    partitions: meta.partitions,
    clock,
    onIncident,
    peers,
    trustsAtOnce: sentinels === undefined,
    wake: (subjects) => tail?.wake(subjects),
  });
  const timelines = new Timelines({
    meta,
    detects: settings.detectsTimelines,
    randomText,
    onChange: async (shard, redis, timeline) => {
      await failover.begin(shard, redis, timeline);
      tail?.rewind(shard);
    },
    onFirst: (shard, redis, timeline) => failover.join(shard, redis, timeline),
    onChanged: () => onIncident({ kind: 'timeline', timeline: timelines.name(shards) }),
    onTime: async (shard, now) => {
      for (const partition of shard.partitions) failover.answered(partition, now);
      await peers.greet(shard, now);
    },
  });
  const checks: ShardChecks = {
    writer: async (shard, redis) => {
      await timelines.checkWriter(shard, redis);
      sentinels?.foundMaster();
    },
    reader: timelines.checkReader,
  };
  const shards = await openShards(address, checks, meta.partitions, options, () => tail?.follow());
  const clocks = new ClockWatch({
    address,
    shards,
    clock,
    skewMaxMs: settings.clockSkewMaxMs,
    onIncident,
  });

  const session = new Session({
    settings,
    partitions: meta.partitions,
    shards,
    clock,
    random,
    healing: failover,
    timeline: () => timelines.name(shards),
    checkTimeline: (shard) => timelines.check(shard),
    writesRefused: () =>
      (sentinels?.silentMs() ?? 0) > settings.sentinelSilenceMaxMs
        ? 'no majority of the Sentinels is heard'
        : undefined,
    clockSkewMs: () => clocks.skewMs,
    onClose: async () => {
      clocks.stop();
      timelines.stop();
      failover.stop();
      sentinels?.close();
      await Promise.race([
        Promise.allSettled(shards.all.map((shard) => peers.leave(shard))),
        new Promise((wait) => setTimeout(wait, LEAVE_MS)),
      ]);
    },
  });
  try {
    await Promise.all(shards.all.map((shard) => shard.writer.whenUp(settings.callTimeoutMs)));
  } catch (error) {
    await session.close();
    throw error;
  }
  tail = new Tail({
    shards,
    together: address.kind !== 'cluster',
    pauseMs: settings.tailPauseMs,
    rewindMs: settings.rewindMs,
    gapMaxMs: Math.max(settings.rewindMs, settings.ringMs),
    clock,
    onEntry: (text, partition, now) => failover.seen(text, partition, now),
  });
  await timelines.start(shards);
  const store = new RedisStore(session, tail);
  failover.useTools(store.restoreTools);
  return {
    store,
    ledger: redisLedger(session),
    rebuildAll: (onProgress, take) => rebuildAll(session, onProgress, take),
  };
}

async function openShards(
  address: RedisAddress,
  checks: ShardChecks,
  partitions: number,
  { settings, clock }: OpenRedisOptions,
  onNew: () => void,
): Promise<Shards> {
  if (address.kind !== 'cluster') {
    return oneShard(address, checks, partitions, { failoverDetector: settings.detectsTimelines });
  }
  const cluster = new ClusterShards({ address, checks, clock, partitions, onNew });
  await cluster.start();
  return cluster;
}
