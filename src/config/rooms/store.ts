import type { Config } from '../config.ts';

/** What both stores take. */
export function storeSettings(config: Config) {
  return {
    historyMs: config.SCANGATE_HISTORY,
    lifeMaxMs: Math.max(
      config.SCANGATE_TICKET_LIFE_MAX + config.SCANGATE_CODE_LIFE,
      config.SCANGATE_DEVICE_LIFE + config.SCANGATE_CODE_LIFE,
    ),
    callTimeoutMs: config.SCANGATE_STORE_TIMEOUT,
    durability: config.SCANGATE_DURABILITY,
  };
}

/** What the store on Redis takes. */
export function redisSettings(config: Config) {
  const { withoutForTests } = config;
  return {
    ...storeSettings(config),
    replicationTimeoutMs: config.SCANGATE_REPLICATION_TIMEOUT,
    tailPauseMs: config.SCANGATE_FEED_PAUSE,
    tailReads: config.SCANGATE_FEED_READS,
    rewindMs: withoutForTests.includes('rewind') ? 0 : config.SCANGATE_REDO_RING,
    ringMs: config.SCANGATE_REDO_RING,
    ringSizeMax: withoutForTests.includes('ring') ? 0 : config.SCANGATE_REDO_RING_BYTES,
    detectsTimelines: !withoutForTests.includes('detector'),
    graceMs: config.SCANGATE_FAILOVER_GRACE,
    settleMaxMs: config.SCANGATE_FAILOVER_SETTLE,
    sentinelSilenceMaxMs: config.SCANGATE_SENTINEL_SILENCE,
    clockSkewMaxMs: config.SCANGATE_CLOCK_SKEW_MAX,
  };
}
