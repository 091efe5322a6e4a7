import type { Config } from '../config.ts';

/** What the breaker of a source of users takes. */
export function upstreamSettings(config: Config) {
  return {
    timeoutMs: config.SCANGATE_UPSTREAM_TIMEOUT,
    tries: config.SCANGATE_UPSTREAM_TRIES,
    failuresMax: config.SCANGATE_UPSTREAM_FAILURES,
    openMs: config.SCANGATE_UPSTREAM_REST,
  };
}
