import { setting } from '../setting.ts';
import type { Setting } from '../setting.ts';

/** The settings of calls to sources of users. */
export const UPSTREAM_SETTINGS = {
  SCANGATE_UPSTREAM_TIMEOUT: setting('duration', 'PT3S', 'bound of one call to a source of users', {
    min: 50,
    max: 30_000,
  }),
  SCANGATE_UPSTREAM_TRIES: setting('count', '2', 'calls to a source of users before it counts as away', {
    min: 1,
    max: 5,
  }),
  SCANGATE_UPSTREAM_FAILURES: setting('count', '5', 'failures in a row after which a source is left alone', {
    min: 1,
    max: 1000,
  }),
  SCANGATE_UPSTREAM_REST: setting('duration', 'PT10S', 'for so long', { min: 100, max: 600_000 }),
} as const satisfies Record<string, Setting>;
