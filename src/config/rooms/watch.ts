import type { Config } from '../config.ts';

/** What watches take. */
export function watchSettings(config: Config) {
  return { recheckMinMs: config.SCANGATE_RECHECK_MIN, recheckMaxMs: config.SCANGATE_RECHECK_MAX };
}

/** What the canary takes. */
export function canarySettings(config: Config) {
  return { periodMs: config.SCANGATE_CANARY_PERIOD, limitMs: config.SCANGATE_CANARY_LIMIT };
}
