import type { Time } from '../../../time/time.ts';
import { partitionKeys } from '../../keys.ts';
import type { Subject } from '../../subject.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import { verdictOf } from '../connection/reply-error.ts';
import type { Shard } from '../connection/shard.ts';
import { parseFence, tokenOfFence } from '../format/fence.ts';
import type { Fence } from '../format/fence.ts';
import { Barrier } from './barrier.ts';
import type { SettleSettings } from './barrier.ts';
import type { FailoverState, GraceSettings } from './failover-state.ts';
import type { OnIncident } from './incident.ts';
import type { RestoreAccess } from './lost-events.ts';
import type { Peers } from './peers.ts';
import type { Remembered, RingSettings } from './redo-ring.ts';
import { RestoreRun } from './restore-run.ts';

/** The parts that deal with a failover. */
export interface FailoverOptions {
  readonly settings: RingSettings & GraceSettings & SettleSettings;
  readonly state: FailoverState;
  readonly peers: Peers;
  readonly access: RestoreAccess;
  readonly time: Time;
  readonly randomText: () => string;
  readonly onIncident: OnIncident;
  /** Wakes the watchers of subjects whose history went another way. */
  readonly wake: (subjects: readonly Subject[]) => void;
}

/** A partition's fence as it was met: another one than this node knew. */
interface Met {
  readonly partition: number;
  readonly fence: Fence;
  /** Whether this node had met one before, and so may know events that are lost. */
  readonly isLater: boolean;
  readonly lost: readonly Remembered[];
}

/**
 * What a node does about partitions with another history: it meets their fences, which opens the grace for deadlines that
 * passed meanwhile, and then puts back what it knows and the master does not. Who asks for such a subject waits until that
 * is done.
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

  /**
   * The partitions of a shard whose fence is not the one that this node knows.
   *
   * @param history of the server: one that went up under another history counts too. Absent where that is no matter: a
   *   partition that was moved with its data brings its fence along.
   */
  async strangeOf(shard: Shard, redis: RedisConnection, history?: string): Promise<readonly number[]> {
    const { partitions } = shard;
    const pipeline = redis.pipeline();
    for (const partition of partitions) pipeline.get(partitionKeys(partition).fence);
    const answers = (await pipeline.exec()) ?? [];
    return partitions.filter((partition, i) => {
      const [error, text] = answers[i] ?? [null, null];
      if (error !== null && verdictOf(error) !== 'moved') throw error;
      if (error !== null) return false;
      const token = typeof text === 'string' ? tokenOfFence(text) : '';
      const isOfHistory = history === undefined || token.startsWith(`${history}.`);
      return token === '' || token !== this.#options.state.tokenOf(partition) || !isOfHistory;
    });
  }

  /**
   * Meets the fences of some of a shard's partitions, before anything else is sent to it. Where one is new to this node,
   * the partition is held until it is open; where this node knew another one before, it puts back what is missing.
   *
   * @param timeline names the history of the whole store once they were met.
   * @returns whether this node knew another one before.
   */
  async enter(
    shard: Shard,
    redis: RedisConnection,
    partitions: readonly number[],
    timeline: () => string,
  ): Promise<boolean> {
    const { state, peers } = this.#options;
    const isFirst = partitions.every((partition) => state.tokenOf(partition) === '');
    await peers.learnAlive(shard, redis, isFirst ? undefined : state.trustedAt(partitions[0] ?? 0));
    const met = await this.#meet(redis, partitions);
    const fresh = met.filter(({ partition, fence }) => fence.token !== state.tokenOf(partition));
    for (const { partition, fence } of fresh) state.met(partition, fence.token);
    const later = fresh.filter(({ isLater }) => isLater);
    const joined = fresh.filter(({ isLater, fence }) => !isLater && !fence.isOpen);
    if (later.length + joined.length > 0) {
      state.changed();
      peers.changed();
    }
    if (joined.length > 0) this.#hold(this.#barrierOf(joined), joined, timeline());
    if (later.length > 0) this.#restore(later, timeline());
    return later.length > 0;
  }

  /** Takes the fences as they are: nothing is held, and nothing put back (for tests only). */
  async enterBlindly(redis: RedisConnection, partitions: readonly number[]): Promise<false> {
    const met = await this.#meet(redis, partitions);
    for (const { partition, fence } of met) this.#options.state.met(partition, fence.token);
    void this.#barrierOf(met).announce('healed');
    return false;
  }

  #restore(later: readonly Met[], timeline: string): void {
    const { state, onIncident } = this.#options;
    const barrier = this.#barrierOf(later);
    this.#hold(barrier, later, timeline);
    const lost = later.flatMap((one) => one.lost);
    if (lost.length === 0) {
      void barrier.announce('healed');
      onIncident({ kind: 'healed', seconds: 0, restored: 0, givenUp: 0, reset: 0 });
      return;
    }
    barrier.start();
    onIncident({ kind: 'restoring', timeline, subjects: lost.length });
    const run = new RestoreRun({
      ...this.#options,
      barrier,
      stopped: () => this.#stopped,
      forget: (subject, id) => state.forget(subject, id),
    });
    void run.restore(lost.map((one) => ({ ...one, release: state.holds.holdSubject(one.subject) })));
  }

  /** Enters all fences in one go. A partition that is elsewhere by now is left out. */
  async #meet(redis: RedisConnection, partitions: readonly number[]): Promise<readonly Met[]> {
    const { settings, state, peers, randomText } = this.#options;
    const random = randomText();
    const pipeline = redis.pipeline();
    const all = partitions.map((partition) => {
      const isLater = state.tokenOf(partition) !== '';
      return { partition, isLater, lost: isLater ? state.entriesOf([partition]) : [] };
    });
    const hasLost = all.some(({ lost }) => lost.length > 0);
    for (const { partition, isLater } of all) {
      const { fence } = partitionKeys(partition);
      const who = [peers.id, random, isLater && hasLost ? 'found' : 'healed'] as const;
      const before = [state.tokenOf(partition), state.trustedAt(partition), settings.graceMs] as const;
      pipeline.fcall('sg3_enter', 1, fence, ...who, ...before, ...peers.others);
    }
    const answers = (await pipeline.exec()) ?? [];
    return answers.flatMap(([error, text], i) => {
      const one = all[i];
      if (error !== null && verdictOf(error) !== 'moved') throw error;
      return error !== null || one === undefined ? [] : [{ ...one, fence: parseFence(text as string) }];
    });
  }

  #barrierOf(met: readonly Met[]): Barrier {
    const { access, peers, settings, time } = this.#options;
    const tokens = new Map(met.map(({ partition, fence }) => [partition, fence.token]));
    const fences = met.map(({ fence }) => fence);
    const stopped = (): boolean => this.#stopped;
    const { settleMaxMs } = settings;
    return new Barrier({ calls: access.calls, tokens, id: peers.id, settleMaxMs, time, stopped }, fences);
  }

  /** Holds partitions until their fences are open. */
  #hold(barrier: Barrier, met: readonly Met[], timeline: string): void {
    const { state } = this.#options;
    const partitions = met.map(({ partition }) => partition);
    state.holds.holdPartitions(partitions, this.#passed(barrier, timeline));
  }

  async #passed(barrier: Barrier, timeline: string): Promise<void> {
    const { time, onIncident, peers } = this.#options;
    const startedAt = time.now();
    onIncident({ kind: 'barrier', timeline, node: peers.id, others: peers.others });
    const late = await barrier.allOpen();
    if (this.#stopped) return;
    if (late.length > 0) onIncident({ kind: 'not_waited', nodes: late.length, late });
    onIncident({ kind: 'passed', timeline, seconds: (time.now() - startedAt) / 1000 });
  }
}
