import { every } from '../../../time/time.ts';
import type { Time } from '../../../time/time.ts';
import type { Shard, Shards } from '../connection/shard.ts';
import { Lag } from './lag.ts';
import type { Quorum } from './quorum.ts';
import { readReplication } from './replication.ts';
import { requiredReplicas } from './required.ts';

const LOOK_EVERY_MS = 1_000;

/** The replicas that must hold what is acknowledged, of the master where that is worst. */
export interface ReplicasSeen {
  /** How many there are. */
  readonly required: number;
  /** For how long the slowest of them has lacked something, in milliseconds. */
  readonly lagMs: number;
}

/** Whose replicas are looked at, and who hears of it. */
export interface ReplicaWatchOptions {
  readonly shards: Shards;
  readonly quorum: Pick<Quorum, 'ask' | 'termOf' | 'formerMasters'>;
  readonly time: Time;
  readonly onLook: (seen: ReplicasSeen) => void;
}

/**
 * Looks once a second how far the replicas are that must hold what is acknowledged, whether or not anything waits for them:
 * what they lack for longer than the rings reach is lost with the master.
 */
export class ReplicaWatch {
  readonly #options: ReplicaWatchOptions;
  readonly #lags = new WeakMap<Shard, Lag>();
  readonly #seen = new WeakMap<Shard, ReplicasSeen>();
  #stopLooking = (): void => {};
  #looking = false;

  constructor(options: ReplicaWatchOptions) {
    this.#options = options;
  }

  /** Looks once a second, until `stop`. */
  start(): void {
    this.#stopLooking = every(this.#options.time, LOOK_EVERY_MS, () => void this.#lookAtAll());
  }

  stop(): void {
    this.#stopLooking();
  }

  /** What was seen last. A master that does not answer leaves what was seen of it. */
  get seen(): ReplicasSeen {
    const all = this.#options.shards.all.flatMap((shard) => this.#seen.get(shard) ?? []);
    return {
      required: all.length === 0 ? 0 : Math.min(...all.map(({ required }) => required)),
      lagMs: Math.max(0, ...all.map(({ lagMs }) => lagMs)),
    };
  }

  async #lookAtAll(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    await Promise.all(this.#options.shards.all.map((shard) => this.#look(shard).catch(() => {})));
    this.#looking = false;
    this.#options.onLook(this.seen);
  }

  async #look(shard: Shard): Promise<void> {
    if (!shard.control.up) return;
    const { quorum, time } = this.#options;
    const [role] = (await shard.control.redis.pipeline().role().exec()) ?? [];
    if (role === undefined || role[0] !== null) return;
    const at = time.now();
    const { offset, acknowledged } = readReplication(role[1]);
    const agreement = quorum.termOf(shard) === undefined ? undefined : await quorum.ask(shard);
    if (agreement === undefined && quorum.termOf(shard) !== undefined) return;
    const former = quorum.formerMasters(shard, acknowledged.keys());
    const required = requiredReplicas(agreement, { offset, acknowledged }, former);
    const lag = this.#lags.get(shard) ?? new Lag();
    this.#lags.set(shard, lag);
    const held = Math.min(Infinity, ...required.map((name) => acknowledged.get(name) ?? -1));
    const lagMs = lag.note(shard.replicationId, { at, offset }, held);
    this.#seen.set(shard, { required: required.length, lagMs });
  }
}
