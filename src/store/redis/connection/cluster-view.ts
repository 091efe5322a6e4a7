import { META_KEY, partitionKeys } from '../../keys.ts';
import type { Endpoint } from './address.ts';
import type { RedisConnection } from './redis-connection.ts';

/** One master of a Cluster and the slots that it serves, as a node of it sees that. */
export interface MasterView extends Endpoint {
  readonly serves: (slot: number) => boolean;
}

/** The slots that matter. They never change. */
export interface Slots {
  readonly meta: number;
  readonly partitions: readonly number[];
}

/** Asks a node which slots the keys belong to. */
export async function askSlots(redis: RedisConnection, partitions: number): Promise<Slots> {
  const pipeline = redis.pipeline();
  pipeline.cluster('KEYSLOT', META_KEY);
  for (let partition = 0; partition < partitions; partition++) {
    pipeline.cluster('KEYSLOT', partitionKeys(partition).log);
  }
  const [meta, ...rest] = ((await pipeline.exec()) ?? []).map(([error, slot]) => {
    if (error) throw error;
    return slot as number;
  });
  return { meta: meta as number, partitions: rest };
}

type SlotRow = readonly [from: number, to: number, master: readonly [host: string | null, port: number]];

/** Asks a node who is master of what. @throws Error where it does not see the whole Cluster. */
export async function askMasters(redis: RedisConnection): Promise<MasterView[]> {
  const rows = (await redis.cluster('SLOTS')) as readonly SlotRow[];
  const ranges = new Map<string, { endpoint: Endpoint; slots: [number, number][] }>();
  for (const [from, to, [host, port]] of rows) {
    const endpoint = { host: host || (redis.options.host ?? '127.0.0.1'), port };
    const name = `${endpoint.host}:${port}`;
    const present = ranges.get(name) ?? { endpoint, slots: [] };
    present.slots.push([from, to]);
    ranges.set(name, present);
  }
  if (ranges.size === 0) throw new Error('the node sees no Cluster');
  return [...ranges.values()].map(({ endpoint, slots }) => ({
    ...endpoint,
    serves: (slot) => slots.some(([from, to]) => slot >= from && slot <= to),
  }));
}
