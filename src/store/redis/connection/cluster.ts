import { every, within } from '../../../time/time.ts';
import type { Endpoint } from './address.ts';
import { askMasters, askSlots } from './cluster-view.ts';
import type { MasterView, Slots } from './cluster-view.ts';
import type { ServerAccess } from './redis-connection.ts';
import { Shard } from './shard.ts';
import type { ShardChecks, Shards } from './shard.ts';

const LOOK_EVERY_MS = 250;
const LOOK_ANYWAY_MS = 5_000;
const ASK_TIMEOUT_MS = 1_000;

/**
 * The masters of a Cluster. It is looked at anew whenever someone was sent elsewhere or a master is away, and every
 * few seconds anyway; a master that took over another's partitions is a new shard.
 */
export class ClusterShards implements Shards {
  readonly #access: ServerAccess;
  readonly #partitions: number;
  #slots: Slots | undefined;
  #shards = new Map<string, Shard>();
  #owners: (Shard | undefined)[] = [];
  #wanted = false;
  #lookedAt = 0;
  #looking = false;
  #stopLooking = (): void => {};
  #closed = false;

  constructor(access: ServerAccess, partitions: number) {
    this.#access = access;
    this.#partitions = partitions;
  }

  get all(): readonly Shard[] {
    return [...this.#shards.values()];
  }

  of(partition: number): Shard | undefined {
    return this.#owners[partition];
  }

  refresh(): void {
    this.#wanted = true;
  }

  /** Looks for the first time, and then whenever it is called for. */
  async start(checks: ShardChecks, onNew: () => void): Promise<void> {
    const look = (): Promise<void> => this.#look(checks, onNew);
    await look();
    const { time } = this.#access;
    this.#stopLooking = every(time, LOOK_EVERY_MS, () => {
      const away = this.all.some((shard) => !shard.writer.up);
      if (!away && !this.#wanted && time.now() - this.#lookedAt < LOOK_ANYWAY_MS) return;
      if (!this.#looking) look().catch(() => this.refresh());
    });
  }

  close(): void {
    this.#closed = true;
    this.#stopLooking();
    for (const shard of this.all) shard.close();
  }

  async #look(checks: ShardChecks, onNew: () => void): Promise<void> {
    this.#looking = true;
    this.#wanted = false;
    this.#lookedAt = this.#access.time.now();
    try {
      const views = await this.#askAnyone();
      if (views !== undefined && this.#take(views, checks)) onNew();
    } finally {
      this.#looking = false;
    }
  }

  /** What the first node that answers sees; those that are known are asked first. */
  async #askAnyone(): Promise<readonly MasterView[] | undefined> {
    const known = this.all.filter((shard) => shard.control.up);
    for (const shard of known) {
      const views = await this.#inTime(askMasters(shard.control.redis)).catch(() => undefined);
      if (views !== undefined) return views;
    }
    for (const endpoint of this.#access.address.endpoints) {
      const views = await this.#askStranger(endpoint).catch(() => undefined);
      if (views !== undefined) return views;
    }
    return undefined;
  }

  async #askStranger(endpoint: Endpoint): Promise<MasterView[]> {
    const { address, connect } = this.#access;
    const redis = connect(address, 'control', { endpoint });
    try {
      await this.#inTime(new Promise<void>((resolve) => redis.once('ready', resolve)));
      this.#slots ??= await this.#inTime(askSlots(redis, this.#partitions));
      return await this.#inTime(askMasters(redis));
    } finally {
      redis.disconnect();
    }
  }

  /** @returns whether there is a shard that was not there before. */
  #take(views: readonly MasterView[], checks: ShardChecks): boolean {
    if (this.#closed || this.#slots === undefined) return false;
    const shards = new Map<string, Shard>();
    const owners: (Shard | undefined)[] = [];
    for (const view of views) {
      const { host, port } = view;
      const partitions = this.#slots.partitions.flatMap((slot, i) => (view.serves(slot) ? [i] : []));
      if (partitions.length === 0) continue;
      const name = `${host}:${port}`;
      const present = this.#shards.get(name);
      const shard = present ?? new Shard(this.#access, checks, { endpoint: { host, port } });
      shard.partitions = partitions;
      shard.slots = partitions.map((i) => this.#slots?.partitions[i] ?? -1);
      shards.set(name, shard);
      for (const partition of partitions) owners[partition] = shard;
    }
    const kept = new Set(shards.values());
    const gone = this.all.filter((shard) => !kept.has(shard));
    const fresh = this.all.length - gone.length < kept.size;
    this.#shards = shards;
    this.#owners = owners;
    for (const shard of gone) shard.close();
    return fresh;
  }

  #inTime<T>(answer: Promise<T>): Promise<T> {
    return within(this.#access.time, ASK_TIMEOUT_MS, answer, () => new Error('no answer in time'));
  }
}
