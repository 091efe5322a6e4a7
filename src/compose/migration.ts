import { Database } from '../keepers/postgres/database.ts';
import { migrateDatabase } from '../keepers/postgres/migration.ts';
import { parseRedisAddress } from '../store/redis/connection/address.ts';
import { connectRedis } from '../store/redis/connection/connect-redis.ts';
import { prepare } from '../store/redis/setup/prepare.ts';
import { systemTime } from '../time/system-time.ts';
import { makeId } from './randomness.ts';

const CALL_TIMEOUT_MS = 10_000;

/**
 * Brings a Redis store to this release: functions and meta key. May run any number of times, and beside running nodes.
 *
 * @param address `SCANGATE_STORE`. @returns what was done, line by line.
 * @throws Error with one line where the store cannot be used.
 */
export async function migrateStore(address: string): Promise<readonly string[]> {
  if (address.startsWith('file:')) return ['a file store needs no migration'];
  const lines: string[] = [];
  const access = { address: parseRedisAddress(address), connect: connectRedis, time: systemTime };
  await prepare(access, {
    migrate: true,
    partitions: undefined,
    randomText: makeId,
    timeoutMs: CALL_TIMEOUT_MS,
    log: (line) => lines.push(line),
  });
  return lines;
}

/**
 * Brings the PostgreSQL of `SCANGATE_ARCHIVE` to this release.
 *
 * @returns what was done, line by line. @throws StoreUnavailable with one line.
 */
export async function migrateArchive(address: string | undefined): Promise<readonly string[]> {
  if (address === undefined) return [];
  const database = new Database(address);
  try {
    return await migrateDatabase(database);
  } finally {
    await database.close();
  }
}
