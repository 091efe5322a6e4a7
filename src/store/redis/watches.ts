import type { Shard } from './connection/shard.ts';
import { ClockWatch } from './failover/clock-watch.ts';
import { EvictionWatch } from './failover/eviction-watch.ts';
import { Failover } from './failover/failover.ts';
import { MajorityWatch } from './failover/majority-watch.ts';
import { FENCED_NODE, Peers } from './failover/peers.ts';
import { TimelineWatch } from './failover/timeline-watch.ts';
import { ReplicaWatch } from './quorum/replica-watch.ts';
import { tokenIn } from './base.ts';
import type { Base } from './base.ts';

/** Who notices that something is not as before, and deals with it. */
export interface Watches {
  readonly peers: Peers;
  readonly failover: Failover;
  readonly timelines: TimelineWatch;
  readonly clocks: ClockWatch;
  readonly eviction: EvictionWatch;
  readonly replicas: ReplicaWatch;
  /** Undefined for a single Redis: there is nobody to ask. */
  readonly majority: MajorityWatch | undefined;
}

/** Makes them; none looks yet. */
export function makeWatches(base: Base): Watches {
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
  const eviction = new EvictionWatch(shards, onIncident);
  const clocks = new ClockWatch({
    access,
    shards,
    skewMaxMs: settings.clockSkewMaxMs,
    onIncident,
    onInfo: (shard, info) => eviction.saw(shard, info),
  });
  const replicas = new ReplicaWatch({
    shards,
    quorum,
    time,
    onLook: (seen) => onIncident({ kind: 'replicas', ...seen }),
  });
  return { peers, failover, timelines, clocks, eviction, replicas, majority };
}
