import { setting } from '../setting.ts';
import type { Setting } from '../setting.ts';

/** The settings of the store: bounds of calls, and what a failover of Redis may cost. */
export const STORE_SETTINGS = {
  SCANGATE_STORE_TIMEOUT: setting('duration', 'PT2S', 'bound of one call to the store', {
    min: 50,
    max: 60_000,
  }),
  SCANGATE_REPLICATION_TIMEOUT: setting(
    'duration',
    'PT0.5S',
    'how long the replicas that must hold a decision have until they do; then 503 `not_replicated`',
    { min: 10, max: 30_000 },
  ),
  SCANGATE_FEED_READS: setting(
    'count',
    '400',
    "reads of the log's tail a second, by each node, with no pause between; with 0, and in a Cluster, there always is one",
    { min: 0, max: 10_000 },
  ),
  SCANGATE_FEED_PAUSE: setting('duration', 'PT0.007S', 'pause behind each read beyond those', {
    min: 1,
    max: 1000,
  }),
  SCANGATE_REDO_RING: setting(
    'duration',
    'PT30S',
    'how far back a node remembers events, to put them back after a failover; living tickets it remembers whole',
    { min: 1000, max: 300_000 },
  ),
  SCANGATE_REDO_RING_BYTES: setting(
    'bytes',
    '67108864',
    'the most characters of log entries that it remembers; in memory they take up to twice that',
    {
      min: 1_048_576,
    },
  ),
  SCANGATE_FAILOVER_GRACE: setting(
    'duration',
    'PT5S',
    'after a failover, how long a deadline that passed meanwhile is held against nobody',
    { min: 0, max: 60_000 },
  ),
  SCANGATE_FAILOVER_SETTLE: setting(
    'duration',
    'PT2S',
    'while a failover is dealt with, how long a silent node is waited for; one at work is waited for as long as it takes',
    { min: 0, max: 30_000 },
  ),
  SCANGATE_SENTINEL_SILENCE: setting(
    'duration',
    'PT10S',
    'without a majority that names the master for this long, calls are refused at once; until then each asks by itself',
    { min: 1000, max: 600_000 },
  ),
  SCANGATE_CLOCK_SKEW_MAX: setting(
    'duration',
    'PT2S',
    "how far the clocks of Redis' servers may be apart before the node is not ready",
    { min: 100, max: 60_000 },
  ),
  SCANGATE_COMMAND_TRIES: setting('count', '6', 'times a command reads again after losing a race', {
    min: 1,
    max: 100,
  }),
} as const satisfies Record<string, Setting>;
