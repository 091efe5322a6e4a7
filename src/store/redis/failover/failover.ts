import type { Redis } from 'ioredis';
import { partitionKeys } from '../../keys.ts';
import type { Subject } from '../../subject.ts';
import type { Shard } from '../connection/shard.ts';
import type { FailoverState, GraceSettings } from './failover-state.ts';
import { Healer } from './healer.ts';
import type { OnIncident } from './incident.ts';
import type { Peers } from './peers.ts';
import type { RestoreTools } from './restore.ts';
import type { RingSettings } from './ring.ts';
import type { Round } from './round.ts';

/** What this node deals with failovers by. */
export interface FailoverOptions {
  readonly settings: RingSettings & GraceSettings;
  readonly state: FailoverState;
  readonly peers: Peers;
  readonly tools: RestoreTools;
  /** A monotonic clock, in milliseconds. */
  readonly clock: () => number;
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
  async begin(shard: Shard, redis: Redis, timeline: string): Promise<void> {
    const { settings, state, peers } = this.#options;
    const lost = state.entriesOf(shard.partitions);
    await openGrace(redis, shard.partitions, state, settings.graceMs);
    await peers.learn(shard, redis, state.trustedAt(shard.partitions[0] ?? 0));
    state.changed();
    const round = peers.round(shard, timeline);
    state.holds.holdPartitions(shard.partitions, this.#settle(round));
    if (lost.length === 0) {
      await round.tellOn(redis, 'healed');
      return;
    }
    await round.tellOn(redis, 'found');
    const healer = new Healer({ ...this.#options, round, stopped: () => this.#stopped });
    void healer.heal(
      lost.map(([subject, texts]) => ({ subject, texts, release: state.holds.holdSubject(subject) })),
    );
  }

  /** A node that starts in the middle of a failover has nothing to put back, and waits for those who have. */
  async join(shard: Shard, redis: Redis, timeline: string): Promise<void> {
    const { state, peers } = this.#options;
    await peers.learn(shard, redis);
    const round = peers.round(shard, timeline);
    if (await round.isUnderWay(redis)) {
      state.changed();
      state.holds.holdPartitions(shard.partitions, this.#settle(round));
    }
    await round.tellOn(redis, 'healed').catch(() => {});
  }

  /** Waits for the other nodes. */
  async #settle(round: Round): Promise<void> {
    const nodes = await round.allHealed();
    if (nodes > 0 && !this.#stopped) this.#options.onIncident({ kind: 'not_waited', nodes });
  }
}

async function openGrace(
  redis: Redis,
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
