import { StoreUnavailable } from '../../event-store.ts';
import type { Endpoint, RedisAddress } from '../connection/address.ts';
import { askMasters, askSlots } from '../connection/cluster-view.ts';
import { Link } from '../connection/link.ts';
import type { RedisConnection, ServerAccess } from '../connection/redis-connection.ts';
import { checkMeta, checkServer, readMeta } from './meta.ts';
import type { Meta } from './meta.ts';
import { migrate } from './migrate.ts';

/** Partitions of a fresh store. Part of the data's format: kept in the meta key. */
export const PARTITIONS = { single: 16, sentinel: 16, cluster: 64 } as const;

/** How the data of a fresh store is laid out. */
export interface LayoutSettings {
  /** How many partitions a fresh store gets; later it is what its meta key says. 16, and 64 for a Cluster. */
  readonly partitions?: number;
}

/** How a store is made ready to be opened. */
export interface PrepareOptions {
  readonly migrate: boolean;
  /** The number that was asked for; undefined: the store's own, or the default for its kind. */
  readonly partitions: number | undefined;
  readonly randomText: () => string;
  readonly timeoutMs: number;
  readonly log?: (line: string) => void;
}

/**
 * Looks at the servers and the data before anything is opened, and migrates if it was told to.
 *
 * @throws Error with one line that says why this store cannot be used.
 */
export async function prepare(access: ServerAccess, options: PrepareOptions): Promise<Meta> {
  const { address, connect, time } = access;
  const links: Link[] = [];

  async function reach(endpoint?: Endpoint): Promise<RedisConnection> {
    const link = new Link(connect(address, 'control', { endpoint }), time, () => Promise.resolve());
    links.push(link);
    await link.whenUp(options.timeoutMs).catch((error: unknown) => {
      const why = link.lastError?.message ?? 'no answer';
      throw new StoreUnavailable(`no Redis to be reached: ${why}`, { cause: error });
    });
    return link.redis;
  }

  try {
    const { home, masters } =
      address.kind === 'cluster' ? await reachCluster(address, reach) : await alone(await reach(), address);
    if (options.migrate) {
      return await migrate(home, masters, {
        partitions: options.partitions ?? PARTITIONS[address.kind],
        wantedPartitions: options.partitions,
        randomText: options.randomText,
        time,
        replace: true,
        ...(options.log === undefined ? {} : { log: options.log }),
      });
    }
    for (const master of masters) await checkServer(master);
    const meta = await readMeta(home);
    if (meta === undefined) throw new Error('the store was never set up: run npm run migrate');
    checkMeta(meta, options.partitions);
    return meta;
  } finally {
    for (const link of links) link.close();
  }
}

interface Reached {
  /** The server that has the meta key. */
  readonly home: RedisConnection;
  readonly masters: readonly RedisConnection[];
}

// A database that the server does not have is no error to the driver: it stays in database 0.
async function alone(redis: RedisConnection, { db }: RedisAddress): Promise<Reached> {
  if (db > 0) await redis.select(db);
  return { home: redis, masters: [redis] };
}

async function reachCluster(
  address: RedisAddress,
  reach: (endpoint: Endpoint) => Promise<RedisConnection>,
): Promise<Reached> {
  const first = await Promise.any(address.endpoints.map((endpoint) => reach(endpoint))).catch(
    (error: unknown) => {
      throw error instanceof AggregateError ? error.errors[0] : error;
    },
  );
  const { meta } = await askSlots(first, 0);
  const views = await askMasters(first);
  const masters = await Promise.all(views.map(({ host, port }) => reach({ host, port })));
  const home = masters[views.findIndex((view) => view.serves(meta))];
  if (home === undefined) throw new Error('the Cluster does not serve all slots');
  return { home, masters };
}
