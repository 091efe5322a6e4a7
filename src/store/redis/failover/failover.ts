import type { Redis } from 'ioredis';
import type { Append, Moment } from '../../event-store.ts';
import { partitionKeys } from '../../keys.ts';
import type { Subject } from '../../subject.ts';
import { partitionOf } from '../../subject.ts';
import { Healer } from './healer.ts';
import type { Lost } from './healer.ts';
import type { OnIncident } from './incident.ts';
import { entryOf } from '../format/log-entry.ts';
import type { Peers } from './peers.ts';
import type { RestoreTools } from './restore.ts';
import { Ring } from './ring.ts';
import type { Round } from './round.ts';
import type { RedisSettings } from '../redis-settings.ts';
import type { Healing } from '../events/session.ts';
import { Settling } from './settling.ts';
import type { Shard } from '../connection/shard.ts';

/** What dealing with failovers needs. */
export interface FailoverOptions {
  readonly settings: RedisSettings;
  readonly partitions: number;
  readonly clock: () => number;
  readonly onIncident: OnIncident;
  readonly peers: Peers;
  /** Whether a master that answers is the master: else its answers count once {@link Failover.trust} was called. */
  readonly trustsAtOnce: boolean;
  /** Wakes the watchers of subjects whose history went another way. */
  readonly wake: (subjects: readonly Subject[]) => void;
}

/**
 * What a node does about a new timeline: before anything else it opens the grace for deadlines that passed meanwhile,
 * then it puts back what it knows and the new master does not. Who asks for such a subject waits until that is done.
 */
export class Failover implements Healing {
  readonly #options: FailoverOptions;
  readonly #ring: Ring;
  /** The store's time as each partition last told it. */
  readonly #answeredAt: number[];
  /** The same, while nobody can have replaced its master: what the ring's window is counted back from. */
  readonly #trustedAt: number[];
  readonly #held = new Map<Subject, Promise<void>>();
  readonly #settling = new Settling();
  #changedAt: number | undefined;
  #tools: RestoreTools | undefined;
  #stopped = false;

  constructor(options: FailoverOptions) {
    this.#options = options;
    this.#answeredAt = Array.from({ length: options.partitions }, () => 0);
    this.#trustedAt = [...this.#answeredAt];
    this.#ring = new Ring({
      windowMs: options.settings.ringMs,
      sizeMax: options.settings.ringSizeMax,
      onFull: (dropped) => options.onIncident({ kind: 'ring_full', dropped }),
    });
  }

  /** Gives it the store that it is part of. Until then it keeps, and puts nothing back. */
  useTools(tools: RestoreTools): void {
    this.#tools = tools;
  }

  settled(subjects: readonly Subject[]): Promise<void> | undefined {
    if (this.#held.size === 0 && !this.#settling.active) return undefined;
    const held = subjects
      .flatMap((subject) => [this.#settlingOf(subject), this.#held.get(subject)])
      .filter((promise) => promise !== undefined);
    return held.length === 0 ? undefined : Promise.all(held).then(() => undefined);
  }

  knownVersion(subject: Subject): number {
    return this.#ring.newestOf(subject);
  }

  isFresh(): boolean {
    const { clock, settings } = this.#options;
    return this.#changedAt !== undefined && clock() - this.#changedAt < settings.graceMs;
  }

  acknowledged(batch: readonly Append[], moments: readonly Moment[], partition: number): void {
    for (const [i, append] of batch.entries()) this.#keep(entryOf(append, moments[i] as Moment), partition);
  }

  answered(partition: number, now: number): void {
    this.#answeredAt[partition] = now;
    if (this.#options.trustsAtOnce) this.#trustedAt[partition] = now;
  }

  /** Whoever answered until now was the master. */
  trust(): void {
    for (const [partition, now] of this.#answeredAt.entries()) this.#trustedAt[partition] = now;
  }

  /** An entry of the feed, and the store's time when its log was written last. */
  seen(text: string, partition: number, now: number): void {
    this.answered(partition, Math.max(now, this.#answeredAt[partition] ?? 0));
    this.#keep(text, partition);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Deals with a shard's new timeline; called before anything else is sent to it, kept once others may send. */
  async begin(shard: Shard, redis: Redis, timeline: string): Promise<void> {
    const { settings, clock, peers } = this.#options;
    const lost: Omit<Lost, 'release'>[] = [];
    for (const partition of shard.partitions) {
      const trustedAt = this.#trustedAt[partition] ?? 0;
      for (const [subject, texts] of this.#ring.entriesOf(partition, trustedAt)) {
        lost.push({ subject, texts });
      }
    }
    await openGrace(redis, shard.partitions, this.#trustedAt, settings.graceMs);
    await peers.learn(shard, redis, this.#trustedAt[shard.partitions[0] ?? 0] ?? 0);
    this.#changedAt = clock();
    const round = peers.round(shard, timeline);
    this.#settling.hold(shard.partitions, this.#settle(round));
    if (this.#tools === undefined || lost.length === 0) {
      await round.tellOn(redis, 'healed');
      return;
    }
    await round.tellOn(redis, 'found');
    const healer = new Healer({
      ...this.#options,
      tools: this.#tools,
      round,
      stopped: () => this.#stopped,
    });
    void healer.heal(lost.map((one) => this.#hold(one)));
  }

  /** A node that starts in the middle of a failover has nothing to put back, and waits for those who have. */
  async join(shard: Shard, redis: Redis, timeline: string): Promise<void> {
    const { clock, peers } = this.#options;
    await peers.learn(shard, redis);
    const round = peers.round(shard, timeline);
    if (await round.isUnderWay(redis)) {
      this.#changedAt = clock();
      this.#settling.hold(shard.partitions, this.#settle(round));
    }
    await round.tellOn(redis, 'healed').catch(() => {});
  }

  /** Waits for the other nodes. */
  async #settle(round: Round): Promise<void> {
    const nodes = await round.allHealed();
    if (nodes > 0 && !this.#stopped) this.#options.onIncident({ kind: 'not_waited', nodes });
  }

  #keep(text: string, partition: number): void {
    this.#ring.add(text, partition, this.#answeredAt[partition] ?? 0, this.#trustedAt[partition] ?? 0);
  }

  #settlingOf(subject: Subject): Promise<void> | undefined {
    return this.#settling.of(partitionOf(subject, this.#options.partitions));
  }

  #hold(lost: Omit<Lost, 'release'>): Lost {
    const { subject } = lost;
    let open = (): void => {};
    const held = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#held.set(subject, held);
    const release = (): void => {
      if (this.#held.get(subject) === held) this.#held.delete(subject);
      open();
    };
    return { ...lost, release };
  }
}

async function openGrace(
  redis: Redis,
  partitions: readonly number[],
  trustedAt: readonly number[],
  graceMs: number,
): Promise<void> {
  const pipeline = redis.pipeline();
  for (const partition of partitions) {
    const from = trustedAt[partition] ?? 0;
    if (from > 0) pipeline.fcall('sg2_grace', 1, partitionKeys(partition).grace, from, graceMs);
  }
  for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
}
