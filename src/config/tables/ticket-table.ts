import { setting } from '../setting.ts';
import type { Setting } from '../setting.ts';

/** The settings of how long a ticket, and what is known of it, lives. */
export const TICKET_SETTINGS = {
  SCANGATE_TICKET_LIFE: setting('duration', 'PT2M', 'deadline of a new ticket', {
    min: 100,
    max: 3_600_000,
  }),
  SCANGATE_DECISION_TIME: setting('duration', 'PT90S', 'a scan moves the deadline to at least scan + this', {
    min: 100,
    max: 3_600_000,
  }),
  SCANGATE_TICKET_LIFE_MAX: setting('duration', 'PT3M', 'but never past minting + this', {
    min: 100,
    max: 3_600_000,
  }),
  SCANGATE_CODE_LIFE: setting('duration', 'PT60S', 'a confirmation sets the deadline to confirm + this', {
    min: 100,
    max: 600_000,
  }),
  SCANGATE_QR_PERIOD: setting('duration', 'PT30S', "a scan code's period", { min: 100, max: 3_600_000 }),
  SCANGATE_DEVICE_LIFE: setting('duration', 'PT10M', "a device ticket's deadline", {
    min: 100,
    max: 3_600_000,
  }),
  SCANGATE_HISTORY: setting('duration', 'PT10M', 'how long an outcome can still be learnt after the end', {
    min: 100,
    max: 86_400_000,
  }),
} as const satisfies Record<string, Setting>;
