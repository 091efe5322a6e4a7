import { within } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';
import type { EventStore } from '../event-store.ts';
import type { Ledger } from '../ledger.ts';
import type { RebuildAll } from '../rebuild.ts';
import { parseRedisAddress } from './connection/address.ts';
import { ClusterShards } from './connection/cluster.ts';
import { connectRedis } from './connection/connect-redis.ts';
import { makePartitionCalls } from './connection/partition-calls.ts';
import type { PartitionCalls } from './connection/partition-calls.ts';
import type { Connect, LinkTurn, ServerAccess } from './connection/redis-connection.ts';
import { makeSoleShard } from './connection/shard.ts';
import type { Shard, Shards } from './connection/shard.ts';
import { Admission } from './events/admission.ts';
import { ReadBatch } from './events/read-batch.ts';
import { readHeads } from './events/read-heads.ts';
import { rebuildAll } from './events/rebuild-all.ts';
import { RedisStore } from './events/redis-store.ts';
import { SubjectLog } from './events/subject-log.ts';
import { Sweep } from './events/sweep.ts';
import { Tail } from './events/tail.ts';
import { ClockWatch } from './failover/clock-watch.ts';
import { FailoverState } from './failover/failover-state.ts';
import { Failover } from './failover/failover.ts';
import type { OnIncident } from './failover/incident.ts';
import { MajorityWatch } from './failover/majority-watch.ts';
import { FENCED_NODE, Peers } from './failover/peers.ts';
import { TimelineWatch } from './failover/timeline-watch.ts';
import { makeRedisLedger } from './ledger.ts';
import { Assurances } from './quorum/assurances.ts';
import { Quorum } from './quorum/quorum.ts';
import { ReplicaWatch } from './quorum/replica-watch.ts';
import type { RedisSettings } from './redis-settings.ts';
import type { Meta } from './setup/meta.ts';
import { loadFunctions } from './setup/migrate.ts';
import { prepare } from './setup/prepare.ts';

/** How long a node takes to say that it leaves, in milliseconds. */
const LEAVE_MS = 200;

/** How a Redis store is opened. */
export interface OpenRedisOptions {
  /** `SCANGATE_STORE`: what {@link parseRedisAddress} takes. */
  readonly url: string;
  readonly settings: RedisSettings;
  /** Bring the store to this release first; without it a store that is not ready refuses to open. */
  readonly migrate: boolean;
  readonly time: Time;
  /** From 0 to 1. */
  readonly random: () => number;
  /** A fresh text of at least 128 random bits. */
  readonly randomText: () => string;
  /** Makes the connections; through ioredis where nothing else is said. */
  readonly connect?: Connect;
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
  const { settings, randomText, time, connect = connectRedis } = options;
  const onLink = (turn: LinkTurn): void => options.onIncident?.({ kind: 'link', ...turn });
  const access = { address: parseRedisAddress(options.url), connect, time, onLink };
  const meta = await prepare(access, {
    migrate: options.migrate,
    partitions: settings.partitions,
    randomText,
    timeoutMs: settings.callTimeoutMs,
  });
  const base = makeBase(options, access, meta);
  const watches = makeWatches(base);
  const store = makeStore(base, watches);
  try {
    await connectAll(base, watches);
  } catch (error) {
    await store.close();
    throw error;
  }
  const { calls, state } = base;
  const source = { calls, historyMs: settings.historyMs, tokenOf: tokenIn(state) };
  return {
    store,
    ledger: makeRedisLedger(base.calls, base.assurances),
    rebuildAll: (onProgress, take) => rebuildAll(source, onProgress, take),
  };
}

/** What everything else stands on: the way to the servers, what this node remembers, and the log's contents. */
interface Base {
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

function makeBase(options: OpenRedisOptions, access: ServerAccess, meta: Meta): Base {
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
    rewindMs: settings.rewindMs,
    gapMaxMs: Math.max(settings.rewindMs, settings.ringMs),
    time,
    onEntry: (text, partition, now) => state.observed(text, partition, now),
  });
  return { options, access, meta, onIncident, shards, quorum, assurances, calls, state, reads, log, tail };
}

/** Asks for the tokens of the fences as a node knows them. */
function tokenIn(state: FailoverState): (partition: number) => string {
  return (partition) => state.tokenOf(partition);
}

/** Who notices that something is not as before, and deals with it. */
interface Watches {
  readonly peers: Peers;
  readonly failover: Failover;
  readonly timelines: TimelineWatch;
  readonly clocks: ClockWatch;
  readonly replicas: ReplicaWatch;
  /** Undefined for a single Redis: there is nobody to ask. */
  readonly majority: MajorityWatch | undefined;
}

function makeWatches(base: Base): Watches {
  const { access, assurances, quorum, meta, onIncident, shards, calls, state, reads, log, tail } = base;
  const { settings, time, randomText } = base.options;
  const peers = new Peers({ id: `${FENCED_NODE}${randomText()}`, time, onIncident });
  const failover = new Failover({
    settings,
    state,
    peers,
    access: {
      calls,
      historyMs: settings.historyMs,
      read: (subject) => reads.read(subject),
      rebuild: (subject) => log.rebuild(subject),
      tokenOf: tokenIn(state),
    },
    time,
    randomText,
    onIncident,
    wake: (subjects) => tail.wake(subjects),
  });
  const timelines = new TimelineWatch({
    meta,
    shards,
    detects: settings.detectsTimelines,
    randomText,
    time,
    fences: {
      tokens: () => state.tokens,
      strangeOf: (...asked) => failover.strangeOf(...asked),
      enter: async (shard, redis, partitions, timeline) => {
        if (!settings.detectsTimelines) return failover.enterBlindly(redis, partitions);
        const changed = await failover.enter(shard, redis, partitions, timeline);
        if (changed) tail.rewind(shard);
        return changed;
      },
    },
    onChanged: (timeline, before) => onIncident({ kind: 'timeline', timeline, before }),
    onFound: (timeline) => onIncident({ kind: 'timeline_found', timeline }),
    onTime: async (shard, now) => {
      for (const partition of shard.partitions) state.answered(partition, now);
      await peers.sayAlive(shard, now);
    },
  });
  const isMaster = (shard: Shard): Promise<boolean> => assurances.isMaster(shard);
  const majority =
    access.address.kind === 'single'
      ? undefined
      : new MajorityWatch({ settings, shards, state, isMaster, time });
  const clocks = new ClockWatch({ access, shards, skewMaxMs: settings.clockSkewMaxMs, onIncident });
  const replicas = new ReplicaWatch({
    shards,
    quorum,
    time,
    onLook: (seen) => onIncident({ kind: 'replicas', ...seen }),
  });
  return { peers, failover, timelines, clocks, replicas, majority };
}

function makeStore(
  base: Base,
  { peers, failover, timelines, clocks, replicas, majority }: Watches,
): RedisStore {
  const { shards, calls, state, assurances, quorum } = base;
  const { settings, time, random } = base.options;
  const admission = new Admission({
    recovery: state,
    shards,
    partitions: calls.partitions,
    time,
    timeoutMs: settings.callTimeoutMs,
    checkTimeline: (shard) => timelines.check(shard),
    writesRefused: () => majority?.refusal(),
  });
  return new RedisStore({
    ...base,
    reads: new ReadBatch(calls.partitions, time, (groups) =>
      readHeads({ calls, shards, recovery: state, assurer: assurances }, groups),
    ),
    recovery: state,
    admission,
    sweep: new Sweep({ calls, shards, settings, time, random }),
    assurer: assurances,
    time,
    historyMs: settings.historyMs,
    timeline: () => timelines.name,
    clockSkewMs: () => clocks.skewMs,
    replicaLagMs: () => replicas.seen.lagMs,
    onClose: async () => {
      clocks.stop();
      replicas.stop();
      timelines.stop();
      failover.stop();
      majority?.stop();
      const left = Promise.allSettled(shards.all.map((shard) => peers.leave(shard)));
      await within(time, LEAVE_MS, left, () => new Error('no answer in time')).catch(() => {});
      quorum.close();
    },
  });
}

/** Connects, lets each connection through once its history is known, and settles when calls may go out. */
async function connectAll({ options, shards, quorum, tail }: Base, watches: Watches): Promise<void> {
  const { timelines, clocks, replicas, majority } = watches;
  quorum.start();
  await shards.start(
    {
      writer: async (shard, redis) => {
        await quorum.checkWriter(shard, redis);
        await timelines.checkWriter(shard, redis);
      },
      reader: timelines.checkReader,
    },
    () => tail.follow(),
  );
  clocks.start();
  await Promise.all(shards.all.map((shard) => shard.writer.whenUp(options.settings.callTimeoutMs)));
  await timelines.start();
  majority?.start();
  replicas.start();
}
