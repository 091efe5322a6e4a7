import { once } from 'node:events';
import { Redis as Client } from 'ioredis';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { temporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';
import { clearDisk, fillDisk, onSmallDisk } from './small-disk.ts';

/** Something that happens to what a gateway needs, and how it ends. */
export interface OutageCase {
  /** How the log names what is away. */
  readonly outage: string;
  readonly cause: string;
  /** What tells it from another case with this cause. */
  readonly how?: string;
  readonly begin: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
  /** Whether requests that meet it stay the only ones that know: then nobody is made unready. */
  readonly isOthers?: true;
  /** How long it may take to be noticed, in milliseconds; 3 s where nothing is said. */
  readonly withinMs?: number;
}

/** A Redis to which all that can happen does, on a small disk of its own. */
export interface FrailRedis {
  readonly redis: Redis;
  readonly cases: readonly OutageCase[];
  stop(): Promise<void>;
}

const DISK_BYTES = 8 * 1024 * 1024;
const LOADED_KEYS = 250;
/** It is looked at every 5 s. */
const LOOKED_AT_WITHIN_MS = 12_000;

/** Starts it. */
export async function startFrailRedis(): Promise<FrailRedis> {
  const folder = await temporaryFolder();
  const redis = await startRedis({
    under: onSmallDisk(folder.path, DISK_BYTES),
    config: {
      dir: folder.path,
      save: '3600 1',
      'enable-debug-command': 'yes',
      'busy-reply-threshold': 50,
      'key-load-delay': 10_000,
      'loading-process-events-interval-bytes': 1024,
    },
  });
  const admin = new Client({
    port: redis.port,
    host: '127.0.0.1',
    retryStrategy: () => 50,
    enableReadyCheck: false,
  });
  admin.on('error', () => {});
  await once(admin, 'ready');
  const set = (name: string, value: string | number) => () => admin.config('SET', name, value);
  const persists = (field: string, value: string) =>
    until(async () => (await redis.info('persistence'))[field] === value, { what: `${field} ${value}` });
  const fill = (): Promise<void> => fillDisk(redis.pid, folder.path);
  const clear = (): Promise<void> => clearDisk(redis.pid, folder.path);

  const cases: readonly Omit<OutageCase, 'outage'>[] = [
    { cause: 'out_of_memory', begin: set('maxmemory', 1), end: set('maxmemory', 0) },
    {
      cause: 'no_permission',
      begin: () => admin.call('ACL', 'SETUSER', 'default', '-fcall'),
      end: () => admin.call('ACL', 'SETUSER', 'default', '+fcall'),
    },
    {
      cause: 'not_authenticated',
      begin: async () => {
        await admin.config('SET', 'requirepass', 'hidden word');
        await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      },
      end: set('requirepass', ''),
    },
    {
      cause: 'read_only',
      begin: () => admin.call('REPLICAOF', '127.0.0.1', 1),
      end: () => admin.call('REPLICAOF', 'NO', 'ONE'),
    },
    {
      cause: 'no_replicas',
      begin: set('min-replicas-to-write', 1),
      end: set('min-replicas-to-write', 0),
    },
    {
      cause: 'busy',
      begin: async () => {
        new Client({ port: redis.port, host: '127.0.0.1', retryStrategy: () => null })
          .on('error', () => {})
          .eval('while true do end', 0)
          .catch(() => {});
      },
      end: () => admin.call('SCRIPT', 'KILL'),
    },
    {
      cause: 'loading',
      begin: async () => {
        const keys = Array.from({ length: LOADED_KEYS }, (_, i) => [`filler:${i}`, 'x'.repeat(100)]);
        await admin.mset(keys.flat());
        void admin.call('DEBUG', 'RELOAD');
      },
      end: () => admin.call('PING'),
    },
    {
      cause: 'cannot_save',
      how: 'a snapshot',
      begin: async () => {
        await fill();
        await admin.call('BGSAVE');
        await persists('rdb_last_bgsave_status', 'err');
      },
      end: async () => {
        await clear();
        await admin.call('BGSAVE');
        await persists('rdb_last_bgsave_status', 'ok');
      },
    },
    {
      cause: 'cannot_save',
      how: 'the append-only file',
      begin: async () => {
        await admin.config('SET', 'appendonly', 'yes');
        await persists('aof_rewrite_in_progress', '0');
        await fill();
      },
      end: async () => {
        await clear();
        await persists('aof_last_write_status', 'ok');
        await admin.config('SET', 'appendonly', 'no');
      },
    },
    { cause: 'no_answer', begin: async () => redis.freeze(), end: async () => redis.thaw() },
    { cause: 'refused', begin: () => redis.kill(), end: () => redis.restart() },
  ];
  return {
    redis,
    cases: [
      ...cases.map((one) => ({ outage: 'store', ...one })),
      {
        outage: 'eviction',
        cause: 'may_evict',
        begin: set('maxmemory-policy', 'allkeys-lru'),
        end: set('maxmemory-policy', 'noeviction'),
        withinMs: LOOKED_AT_WITHIN_MS,
      },
    ],
    stop: async () => {
      admin.disconnect();
      await redis.stop();
      await folder.remove();
    },
  };
}
