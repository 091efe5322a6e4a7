import type { Endpoint, RedisAddress } from './address.ts';
import { askMasters, askSlots } from './cluster-view.ts';
import type { MasterView, Slots } from './cluster-view.ts';
import { connect } from './connection.ts';
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
  readonly #address: RedisAddress;
  readonly #clock: () => number;
  readonly #partitions: number;
  #slots: Slots | undefined;
  #shards = new Map<string, Shard>();
  #owners: (Shard | undefined)[] = [];
  #wanted = false;
  #lookedAt = 0;
  #looking = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(address: RedisAddress, partitions: number, clock: () => number) {
    this.#address = address;
    this.#partitions = partitions;
    this.#clock = clock;
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
    this.#timer = setInterval(() => {
      const away = this.all.some((shard) => !shard.writer.up);
      if (!away && !this.#wanted && this.#clock() - this.#lookedAt < LOOK_ANYWAY_MS) return;
      if (!this.#looking) void look();
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const shard of this.all) shard.close();
  }

  async #look(checks: ShardChecks, onNew: () => void): Promise<void> {
    this.#looking = true;
    this.#wanted = false;
    this.#lookedAt = this.#clock();
    const views = await this.#askAnyone();
    this.#looking = false;
    if (views !== undefined && this.#take(views, checks)) onNew();
  }

  /** What the first node that answers sees; those that are known are asked first. */
  async #askAnyone(): Promise<readonly MasterView[] | undefined> {
    const known = this.all.filter((shard) => shard.control.up);
    for (const shard of known) {
      const views = await within(askMasters(shard.control.redis)).catch(() => undefined);
      if (views !== undefined) return views;
    }
    for (const endpoint of this.#address.endpoints) {
      const views = await this.#askStranger(endpoint).catch(() => undefined);
      if (views !== undefined) return views;
    }
    return undefined;
  }

  async #askStranger(endpoint: Endpoint): Promise<MasterView[]> {
    const redis = connect(this.#address, 'control', { endpoint });
    try {
      await within(new Promise((resolve) => redis.once('ready', resolve)));
      this.#slots ??= await within(askSlots(redis, this.#partitions));
      return await within(askMasters(redis));
    } finally {
      redis.disconnect();
    }
  }

  /** @returns whether there is a shard that was not there before. */
  #take(views: readonly MasterView[], checks: ShardChecks): boolean {
    if (this.#closed || this.#slots === undefined) return false;
    const before = this.#owners;
    const shards = new Map<string, Shard>();
    const owners: (Shard | undefined)[] = [];
    for (const view of views) {
      const { host, port } = view;
      const partitions = this.#slots.partitions.flatMap((slot, i) => (view.serves(slot) ? [i] : []));
      if (partitions.length === 0) continue;
      const name = `${host}:${port}`;
      const present = this.#shards.get(name);
      const shard = present ?? new Shard(this.#address, checks, { endpoint: { host, port } });
      if (present === undefined) shard.takesOver = partitions.some((i) => before[i] !== undefined);
      shard.partitions = partitions;
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
}

function within<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ASK_TIMEOUT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
