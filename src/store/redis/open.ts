import { within } from '../../time/time.ts';
import type { EventStore } from '../event-store.ts';
import type { Ledger } from '../ledger.ts';
import type { LivingSubjects } from '../living.ts';
import type { Outbox } from '../outbox.ts';
import type { RebuildAll } from '../rebuild.ts';
import type { Subject } from '../subject.ts';
import { liveAddress } from './connection/address.ts';
import { connectRedis } from './connection/connect-redis.ts';
import type { LinkTurn } from './connection/redis-connection.ts';
import { Admission } from './events/admission.ts';
import { livingSubjects } from './events/living.ts';
import { ReadBatch } from './events/read-batch.ts';
import { readHeads } from './events/read-heads.ts';
import { rebuildAll } from './events/rebuild-all.ts';
import { RedisStore } from './events/redis-store.ts';
import { Sweep } from './events/sweep.ts';
import { makeRedisLedger } from './ledger.ts';
import { recordCalls } from './outbox/record-calls.ts';
import type { RecordCalls } from './outbox/record-calls.ts';
import { redisOutbox } from './outbox/redis-outbox.ts';
import { prepare } from './setup/prepare.ts';
import { makeBase, tokenIn } from './base.ts';
import type { Base, OpenRedisOptions } from './base.ts';
import { makeWatches } from './watches.ts';
import type { Watches } from './watches.ts';

/** How long a node takes to say that it leaves, in milliseconds. */
const LEAVE_MS = 200;

/** An open Redis store: both ports on one set of connections. Closing the event store closes both. */
export interface RedisStores {
  readonly store: EventStore;
  readonly ledger: Ledger;
  readonly rebuildAll: RebuildAll;
  readonly living: LivingSubjects;
  readonly outbox: Outbox;
  /** For the record, which stands beside the log. */
  readonly recordCalls: RecordCalls;
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
  const address = liveAddress(options.url, options.latestUrl ?? (() => options.url));
  const access = { address, connect, time, onLink };
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
  const { calls, state, log } = base;
  const source = {
    calls,
    historyMs: settings.historyMs,
    tokenOf: tokenIn(state),
    rebuild: (subject: Subject) => log.rebuild(subject),
  };
  return {
    store,
    ledger: makeRedisLedger(base.calls, base.assurances),
    living: () => livingSubjects(calls),
    rebuildAll: (onProgress, take) => rebuildAll(source, onProgress, take),
    outbox: redisOutbox({ calls, assurer: base.assurances, tokenOf: tokenIn(state) }),
    recordCalls: recordCalls(calls, base.assurances),
  };
}

function makeStore(
  base: Base,
  { peers, failover, timelines, clocks, eviction, replicas, majority }: Watches,
): RedisStore {
  const { shards, calls, state, assurances, quorum } = base;
  const { settings, time, random, outboxMax, onIncident } = base.options;
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
    sweep: new Sweep({
      calls,
      shards,
      settings,
      time,
      random,
      waitingMax: outboxMax,
      onKept: (error) => onIncident?.({ kind: 'log_kept', why: (error as Error).message }),
    }),
    assurer: assurances,
    time,
    historyMs: settings.historyMs,
    timeline: () => timelines.name,
    clockSkewMs: () => clocks.skewMs,
    mayEvict: () => eviction.mayEvict,
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
