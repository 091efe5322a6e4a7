import type { StoreSettings } from '../store-settings.ts';
import type { TailSettings } from './events/tail.ts';
import type { SettleSettings } from './failover/barrier.ts';
import type { ClockSettings } from './failover/clock-watch.ts';
import type { GraceSettings } from './failover/failover-state.ts';
import type { MajoritySettings } from './failover/majority-watch.ts';
import type { RingSettings } from './failover/redo-ring.ts';
import type { TimelineSettings } from './failover/timeline-watch.ts';
import type { ReplicationSettings } from './quorum/assurances.ts';
import type { LayoutSettings } from './setup/prepare.ts';

/** Settings of the Redis store: what all stores have, and what each of its rooms declares. */
export type RedisSettings = StoreSettings &
  LayoutSettings &
  TailSettings &
  ReplicationSettings &
  RingSettings &
  GraceSettings &
  SettleSettings &
  TimelineSettings &
  MajoritySettings &
  ClockSettings;

/** The default of every setting that is the Redis store's own. */
export const REDIS_DEFAULTS = {
  replicationTimeoutMs: 500,
  tailPauseMs: 7,
  tailReads: 400,
  rewindMs: 30_000,
  ringMs: 30_000,
  detectsTimelines: true,
  ringSizeMax: 64 * 1024 * 1024,
  graceMs: 5_000,
  settleMaxMs: 2_000,
  sentinelSilenceMaxMs: 10_000,
  clockSkewMaxMs: 2_000,
} as const;
