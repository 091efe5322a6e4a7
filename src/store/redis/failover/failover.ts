import type { Time } from '../../../time/time.ts';
import { partitionKeys } from '../../keys.ts';
import type { Subject } from '../../subject.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import type { Shard } from '../connection/shard.ts';
import type { Barrier } from './barrier.ts';
import type { FailoverState, GraceSettings } from './failover-state.ts';
import type { OnIncident } from './incident.ts';
import type { RestoreAccess } from './lost-events.ts';
import type { Peers } from './peers.ts';
import type { RingSettings } from './redo-ring.ts';
import { RestoreRun } from './restore-run.ts';

/** The parts that deal with a failover. */
export interface FailoverOptions {
  readonly settings: RingSettings & GraceSettings;
  readonly state: FailoverState;
  readonly peers: Peers;
  readonly access: RestoreAccess;
  readonly time: Time;
  readonly onIncident: OnIncident;
  /** Wakes the watchers of subjects whose history went another way. */
  readonly wake: (subjects: readonly Subject[]) => void;
}

/**
 * What a node does about a new timeline: before anything else it opens the grace for deadlines that passed meanwhile,
 * then it puts back what it knows and the new master does not. Who asks for such a subject waits until that is done.
 */
export class Failover {
  readonly #options: FailoverOptions;
  #stopped = false;

  constructor(options: FailoverOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Deals with a shard's new timeline; called before anything else is sent to it, kept once others may send. */
  async recover(shard: Shard, redis: RedisConnection, timeline: string): Promise<void> {
    const { settings, state, peers } = this.#options;
    const lost = state.entriesOf(shard.partitions);
    await openGrace(redis, shard.partitions, state, settings.graceMs);
    await peers.learnAlive(shard, redis, state.trustedAt(shard.partitions[0] ?? 0));
    state.changed();
    const barrier = peers.barrier(shard, timeline);
    state.holds.holdPartitions(shard.partitions, this.#settle(barrier, timeline));
    if (lost.length === 0) {
      await barrier.announceOn(redis, 'healed');
      return;
    }
    await barrier.announceOn(redis, 'found');
    this.#options.onIncident({ kind: 'restoring', timeline, subjects: lost.length });
    const run = new RestoreRun({ ...this.#options, barrier, stopped: () => this.#stopped });
    void run.restore(lost.map((one) => ({ ...one, release: state.holds.holdSubject(one.subject) })));
  }

  /** A node that starts in the middle of a failover has nothing to put back, and waits for those who have. */
  async joinRecovery(shard: Shard, redis: RedisConnection, timeline: string): Promise<void> {
    const { state, peers } = this.#options;
    await peers.learnAlive(shard, redis);
    const barrier = peers.barrier(shard, timeline);
    if (await barrier.isUnderWay(redis)) {
      state.changed();
      state.holds.holdPartitions(shard.partitions, this.#settle(barrier, timeline));
    }
    await barrier.announceOn(redis, 'healed').catch(() => {});
  }

  /** Waits for the other nodes. */
  async #settle(barrier: Barrier, timeline: string): Promise<void> {
    const { time, onIncident } = this.#options;
    const { id, others } = barrier.nodes;
    const startedAt = time.now();
    onIncident({ kind: 'barrier', timeline, node: id, others });
    const late = await barrier.allHealed();
    if (this.#stopped) return;
    if (late.length > 0) onIncident({ kind: 'not_waited', nodes: late.length, late });
    onIncident({ kind: 'passed', timeline, seconds: (time.now() - startedAt) / 1000 });
  }
}

async function openGrace(
  redis: RedisConnection,
  partitions: readonly number[],
  state: FailoverState,
  graceMs: number,
): Promise<void> {
  const pipeline = redis.pipeline();
  for (const partition of partitions) {
    const from = state.trustedAt(partition);
    if (from > 0) pipeline.fcall('sg2_grace', 1, partitionKeys(partition).grace, from, graceMs);
  }
  for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
}
