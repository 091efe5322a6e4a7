import { StoreUnavailable } from '../event-store.ts';
import type { RedisAddress } from './address.ts';
import { connect } from './connection.ts';
import { Link } from './link.ts';
import { checkMeta, checkServer, readMeta } from './meta.ts';
import type { Meta } from './meta.ts';
import { migrate } from './migrate.ts';
import { PARTITIONS } from './settings.ts';

/** How a store is made ready to be opened. */
export interface PrepareOptions {
  readonly migrate: boolean;
  /** What was asked for; undefined: what the store has, or the default for its kind. */
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
export async function prepare(address: RedisAddress, options: PrepareOptions): Promise<Meta> {
  const link = new Link(connect(address, 'control'), () => Promise.resolve());
  try {
    await link.whenUp(options.timeoutMs).catch((error: unknown) => {
      const why = link.lastError?.message ?? 'no answer';
      throw new StoreUnavailable(`no Redis to be reached: ${why}`, { cause: error });
    });
    const { redis } = link;
    if (options.migrate) {
      return await migrate(redis, [redis], {
        partitions: options.partitions ?? PARTITIONS[address.kind],
        wantedPartitions: options.partitions,
        randomText: options.randomText,
        replace: true,
        ...(options.log === undefined ? {} : { log: options.log }),
      });
    }
    await checkServer(redis);
    const meta = await readMeta(redis);
    if (meta === undefined) throw new Error('the store was never set up: run npm run migrate');
    checkMeta(meta, options.partitions);
    return meta;
  } finally {
    link.close();
  }
}
