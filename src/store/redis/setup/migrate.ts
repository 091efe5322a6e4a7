import { sleep } from '../../../time/time.ts';
import type { Time } from '../../../time/time.ts';
import { META_KEY, MIGRATION_LOCK_KEY } from '../../keys.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import { FORMAT, checkMeta, checkServer, readMeta } from './meta.ts';
import type { Meta } from './meta.ts';
import { readMigrations } from './migration.ts';

const LOCK_MS = 30_000;
const LOCK_POLL_MS = 50;
const RELEASE =
  "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/** How far a migration may go. */
export interface MigrateOptions {
  /** For a fresh store; a store that has its own keeps it. */
  readonly partitions: number;
  /** The number that the store must have; undefined: whatever it has. */
  readonly wantedPartitions?: number | undefined;
  readonly randomText: () => string;
  readonly time: Time;
  /** Replace libraries whose code differs, and not only load those that are missing. */
  readonly replace: boolean;
  readonly log?: (line: string) => void;
}

/**
 * Brings a store to this release: functions on every master, and the meta key. Runs under a lock, changes nothing that
 * is right already, and may run any number of times.
 *
 * @param home the server that has the meta key. @param masters all servers that hold partitions, `home` among them.
 * @throws Error with one line where the store must not be touched.
 */
export async function migrate(
  home: RedisConnection,
  masters: readonly RedisConnection[],
  options: MigrateOptions,
): Promise<Meta> {
  for (const master of masters) await checkServer(master);
  const present = await readMeta(home);
  if (present !== undefined) checkMeta(present, options.wantedPartitions);
  const token = options.randomText();
  while ((await home.set(MIGRATION_LOCK_KEY, token, 'PX', LOCK_MS, 'NX')) === null) {
    await sleep(options.time, LOCK_POLL_MS);
  }
  try {
    const migrations = await readMigrations();
    for (const master of masters) await loadFunctions(master, options.replace, options.log);
    await home
      .multi()
      .hsetnx(META_KEY, 'format', FORMAT)
      .hsetnx(META_KEY, 'partitions', options.partitions)
      .hsetnx(META_KEY, 'epoch', options.randomText())
      .exec();
    const meta = await readMeta(home);
    if (meta === undefined) throw new Error('the store keeps nothing');
    checkMeta(meta, options.wantedPartitions);
    const last = migrations[migrations.length - 1]?.number ?? 0;
    if (last > meta.migration) await home.hset(META_KEY, 'migration', last);
    options.log?.(`format ${meta.format}, ${meta.partitions} partitions, migration ${last}`);
    return meta;
  } finally {
    await home.eval(RELEASE, 1, MIGRATION_LOCK_KEY, token);
  }
}

/** Loads this release's functions where they are missing (or, with `replace`, differ). */
export async function loadFunctions(
  redis: RedisConnection,
  replace: boolean,
  log?: (line: string) => void,
): Promise<void> {
  for (const { name, library, code } of await readMigrations()) {
    const present = codeOf(await redis.function('LIST', 'LIBRARYNAME', library, 'WITHCODE'));
    if (present === code || (present !== undefined && !replace)) {
      log?.(`${name}: was there`);
      continue;
    }
    await redis.function('LOAD', 'REPLACE', code);
    log?.(`${name}: loaded ${library}`);
  }
}

function codeOf(reply: unknown): string | undefined {
  const fields = (reply as readonly (readonly unknown[])[])[0];
  if (fields === undefined) return undefined;
  const at = fields.indexOf('library_code');
  return at < 0 ? undefined : String(fields[at + 1]);
}
