import type { Time } from '../../time/time.ts';
import { ClusterShards } from './connection/cluster.ts';
import { makePartitionCalls } from './connection/partition-calls.ts';
import type { PartitionCalls } from './connection/partition-calls.ts';
import type { Connect, ServerAccess } from './connection/redis-connection.ts';
import { makeSoleShard } from './connection/shard.ts';
import type { Shards } from './connection/shard.ts';
import { ReadBatch } from './events/read-batch.ts';
import { readHeads } from './events/read-heads.ts';
import { SubjectLog } from './events/subject-log.ts';
import { Tail } from './events/tail.ts';
import { FailoverState } from './failover/failover-state.ts';
import type { OnIncident } from './failover/incident.ts';
import { Assurances } from './quorum/assurances.ts';
import { Quorum } from './quorum/quorum.ts';
import type { RedisSettings } from './redis-settings.ts';
import type { Meta } from './setup/meta.ts';
import { loadFunctions } from './setup/migrate.ts';

/** How a Redis store is opened. */
export interface OpenRedisOptions {
  /** `SCANGATE_STORE`: what `parseRedisAddress` takes. */
  readonly url: string;
  /** The same text as it is now, of which user and password count; absent: they do not change. */
  readonly latestUrl?: () => string;
  readonly settings: RedisSettings;
  /** Bring the store to this release first; without it a store that is not ready refuses to open. */
  readonly migrate: boolean;
  readonly time: Time;
  /** How many events the log holds for a record that has not read them (`SCANGATE_AUDIT_BACKLOG`); absent: there is no record. */
  readonly outboxMax?: number | undefined;
  /** From 0 to 1. */
  readonly random: () => number;
  /** A fresh text of at least 128 random bits. */
  readonly randomText: () => string;
  /** Makes the connections; through ioredis where nothing else is said. */
  readonly connect?: Connect;
  /** Hears of failovers and what became of them. */
  readonly onIncident?: OnIncident;
}

/** What everything else stands on: the way to the servers, what this node remembers, and the log's contents. */
export interface Base {
  readonly options: OpenRedisOptions;
  readonly access: ServerAccess;
  readonly meta: Meta;
  readonly onIncident: OnIncident;
  readonly shards: Shards;
  readonly quorum: Quorum;
  readonly assurances: Assurances;
  readonly calls: PartitionCalls;
  readonly state: FailoverState;
  readonly reads: ReadBatch;
  readonly log: SubjectLog;
  readonly tail: Tail;
}

/** Makes it; nothing is connected yet. */
export function makeBase(options: OpenRedisOptions, access: ServerAccess, meta: Meta): Base {
  const { settings, onIncident = () => {} } = options;
  const { address, time } = access;
  const { partitions } = meta;
  const shards =
    address.kind === 'cluster'
      ? new ClusterShards(access, partitions)
      : makeSoleShard(access, partitions, { failoverDetector: settings.detectsTimelines });
  const quorum = new Quorum(access, shards, settings.detectsTimelines);
  const assurances = new Assurances({ settings, shards, quorum, time });
  const calls = makePartitionCalls({
    shards,
    partitions,
    time,
    timeoutMs: settings.callTimeoutMs,
    onLibraryGone: (link) => loadFunctions(link.redis, false),
  });
  const state = new FailoverState({
    settings,
    partitions,
    time,
    trustsAtOnce: address.kind !== 'sentinel',
    onIncident,
  });
  const reads = new ReadBatch(partitions, time, (groups) =>
    readHeads({ calls, shards, recovery: state }, groups),
  );
  const log = new SubjectLog(calls, reads, settings.historyMs, tokenIn(state));
  const tail = new Tail({
    shards,
    together: address.kind !== 'cluster',
    pauseMs: settings.tailPauseMs,
    readsPerSecond: settings.tailReads,
    rewindMs: settings.rewindMs,
    gapMaxMs: Math.max(settings.rewindMs, settings.ringMs),
    time,
    onEntry: (text, partition, now) => state.observed(text, partition, now),
  });
  return { options, access, meta, onIncident, shards, quorum, assurances, calls, state, reads, log, tail };
}

/** Asks for the tokens of the fences as a node knows them. */
export function tokenIn(state: FailoverState): (partition: number) => string {
  return (partition) => state.tokenOf(partition);
}
