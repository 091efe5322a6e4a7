import { setting } from '../setting.ts';
import type { Setting } from '../setting.ts';

/** The settings of how a node watches itself, whom it tells, and how it leaves. */
export const NODE_SETTINGS = {
  SCANGATE_ADMIN_LISTEN: setting(
    'text',
    undefined,
    'where operators are listened to: `<host>:<port>`, or `off`; default `127.0.0.1:<PORT + 1000>` (past 65535: `PORT - 1000`), which is off where it is taken',
  ),
  SCANGATE_ADMIN_TOKEN: setting(
    'text',
    undefined,
    'what they send as `Authorization: Bearer`, 16 characters or more; needed off loopback',
    { secret: true },
  ),
  SCANGATE_CANARY_PERIOD: setting('duration', 'PT5S', 'time between readiness canaries', {
    min: 100,
    max: 60_000,
  }),
  SCANGATE_CANARY_LIMIT: setting('duration', 'PT10S', 'age of the last canary at which a node is not ready', {
    min: 200,
    max: 120_000,
  }),
  SCANGATE_SWEEP_PERIOD: setting('duration', 'PT0.5S', 'time between looks for tickets that are due', {
    min: 50,
    max: 60_000,
  }),
  SCANGATE_DRAIN_WAIT: setting('duration', 'PT2S', 'after SIGTERM: not ready, but still serving, for', {
    min: 0,
    max: 300_000,
  }),
  SCANGATE_DRAIN_WINDOW: setting('duration', 'PT5S', 'then held connections are closed over', {
    min: 0,
    max: 300_000,
  }),
  SCANGATE_DRAIN_NEW: setting(
    'duration',
    'PT1S',
    'a connection that has asked nothing yet is kept for, once no other is taken',
    {
      min: 0,
      max: 60_000,
    },
  ),
  SCANGATE_DRAIN_MAX: setting('duration', 'PT15S', 'gone within', { min: 1000, max: 600_000 }),
} as const satisfies Record<string, Setting>;
