import type { SessionEventType } from '../../session/events.ts';
import { SECURITY_KINDS } from '../../telemetry/security-event.ts';
import type { TicketEventType } from '../../ticket/events.ts';

const OF_LOG = {
  minted: true,
  scanned: true,
  contested: true,
  confirmed: true,
  accepted: true,
  denied: true,
  cancelled: true,
  expired: true,
  redeemed: true,
  opened: true,
  refreshed: true,
  revoked: true,
} satisfies Readonly<Record<TicketEventType | SessionEventType, true>>;

/** Every kind that an entry of this release may have: of the log, of security events, and of the record itself. */
export const KINDS: readonly string[] = [
  ...Object.keys(OF_LOG),
  ...SECURITY_KINDS,
  'head',
  'record_key',
  'gap',
  'superseded',
];
