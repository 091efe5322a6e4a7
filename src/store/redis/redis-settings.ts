import type { StoreSettings } from '../store-settings.ts';

/** What the Redis store is told beyond what all stores are. Every one has a default. */
export interface RedisSettings extends StoreSettings {
  /** How many partitions a fresh store gets; later it is what its meta key says. 16, and 64 for a Cluster. */
  readonly partitions?: number;
  /** How long an append with durability `replicated` waits for the replicas, in milliseconds. */
  readonly replicationTimeoutMs: number;
  /** Pause between two reads of the log's tail, in milliseconds: a lower one costs Redis more. */
  readonly tailPauseMs: number;
  /** How much of the log is told again after a failover, in milliseconds; 0 leaves the place in it alone (for tests only). */
  readonly rewindMs: number;
  /** How far back the redo ring reaches from the store's last answer, in milliseconds. */
  readonly ringMs: number;
  /** Leave a master the moment that the Sentinels name another one, and notice another history (off for tests only). */
  readonly detectsTimelines: boolean;
  /** The most that the redo ring holds, in characters of log entries; 0 switches it off (for tests only). */
  readonly ringSizeMax: number;
  /** For how long after a failover a deadline that passed during it is held against nobody, in milliseconds. */
  readonly graceMs: number;
  /**
   * How long a node that found a new timeline waits, before it reads and writes there, until the others say that they
   * have found it too, in milliseconds. Those that have are waited for four times as long, to put back what they know.
   */
  readonly settleMaxMs: number;
  /** After how long without a majority of Sentinels writes are refused, in milliseconds. */
  readonly sentinelSilenceMaxMs: number;
  /** From which difference on a replica's clock is apart from its master's, in milliseconds. */
  readonly clockSkewMaxMs: number;
}

export const REDIS_DEFAULTS = {
  replicationTimeoutMs: 500,
  tailPauseMs: 7,
  rewindMs: 30_000,
  ringMs: 30_000,
  detectsTimelines: true,
  ringSizeMax: 64 * 1024 * 1024,
  graceMs: 5_000,
  settleMaxMs: 2_000,
  sentinelSilenceMaxMs: 10_000,
  clockSkewMaxMs: 2_000,
} as const;

/** Partitions of a fresh store. Part of the data's format: kept in the meta key. */
export const PARTITIONS = { single: 16, sentinel: 16, cluster: 64 } as const;

/** How often a connection looks at whose history it writes to. */
export const TIMELINE_CHECK_MS = 1_000;

/** How long a connection that goes where the writer goes waits for it to be there before it looks anew. */
export const FOLLOW_WAIT_MS = 1_000;

/** The longest that one XREAD waits at the server; a socket that is silent for longer than twice this is dead. */
export const TAIL_BLOCK_MS = 1_000;
export const SOCKET_TIMEOUT_MS = 2_500;

/** Entries that one read of the tail may bring for each partition. */
export const TAIL_COUNT_MAX = 500;

/** Entries that one read of a partition's history brings. */
export const HISTORY_COUNT_MAX = 1_000;

/** How long a call waits before it is tried again. */
export const RETRY_DELAY_MS = 25;

/** How much longer the log is kept than the longest life and the history. */
export const LOG_SLACK_MS = 60_000;

/** How often a node lets go of old log, partition by partition. */
export const TRIM_EVERY_MS = 20_000;
