import { META_KEY } from '../../keys.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';

/** The format of keys, logs and heads that this release reads and writes. */
export const FORMAT = 2;

/** What stands there instead while a copy is put into the store: no release opens that. */
export const UNFINISHED_FORMAT = 0;

/** The meta key's content: the format of the data beside it, and whether it is still the same data. */
export interface Meta {
  readonly format: number;
  readonly partitions: number;
  /** Random; made with the data, so that a wiped store is told from the one before. */
  readonly epoch: string;
  /** The last migration that ran. */
  readonly migration: number;
}

/** Reads the meta key; undefined on a store that was never migrated, or was wiped. */
export async function readMeta(redis: RedisConnection): Promise<Meta | undefined> {
  const [format, partitions, epoch, migration] = await redis.hmget(
    META_KEY,
    'format',
    'partitions',
    'epoch',
    'migration',
  );
  if (!format || !partitions || !epoch) return undefined;
  return {
    format: Number(format),
    partitions: Number(partitions),
    epoch,
    migration: Number(migration ?? 0),
  };
}

/** @throws Error with one line, where this release, so set, must not touch the data. */
export function checkMeta(meta: Meta, wantedPartitions: number | undefined): void {
  if (meta.format === UNFINISHED_FORMAT)
    throw new Error('an import into the store has not come to its end: run it again');
  if (meta.format !== FORMAT) {
    throw new Error(`the store's data has format ${meta.format}, and this release knows format ${FORMAT}`);
  }
  if (wantedPartitions !== undefined && wantedPartitions !== meta.partitions) {
    throw new Error(`the store has ${meta.partitions} partitions, and ${wantedPartitions} were asked for`);
  }
}

/** What a server does once its memory is full, by its `INFO memory`; undefined where it does not say so. */
export function evictionPolicyIn(info: string): string | undefined {
  return /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
}

/** @throws Error with one line, where a server is too old or may throw data away. */
export async function checkServer(redis: RedisConnection): Promise<void> {
  const info = await redis.info();
  const version = /^redis_version:(\d+)\.(\d+)/m.exec(info);
  if (version === null || Number(version[1]) < 7) {
    throw new Error(
      `Redis ${version?.[0]?.slice(14) ?? '?'} has no functions: 7.0 or later, or Valkey, is needed`,
    );
  }
  const policy = evictionPolicyIn(info);
  if (policy !== 'noeviction') {
    throw new Error(`Redis may throw data away: its maxmemory-policy is ${policy}, and must be noeviction`);
  }
}
