import { setting } from '../setting.ts';
import type { Setting } from '../setting.ts';

/** The settings of webhooks: who is told of audit events as they come. */
export const WEBHOOK_SETTINGS = {
  SCANGATE_WEBHOOKS_FILE: setting(
    'text',
    undefined,
    'who is told of audit events: a list of `{url, secret, client_id?, kinds?, private?}`, reloaded on change; it takes a record',
  ),
  SCANGATE_WEBHOOKS_BYTES: setting(
    'bytes',
    '16777216',
    'the most bytes of messages that wait for one receiver; then the oldest are let go, and a `gap` says how many',
    { min: 65_536 },
  ),
  SCANGATE_WEBHOOKS_TIMEOUT: setting(
    'duration',
    'PT40S',
    'how long a receiver may take to acknowledge a message',
    {
      min: 100,
      max: 300_000,
    },
  ),
} as const satisfies Record<string, Setting>;
