import type { ToldSecurityEvent } from '../../telemetry/security-reports.ts';
import type { Facts, Personal } from './entry.ts';

/** A security event as the record keeps it. */
export function entryOfSecurity(event: ToldSecurityEvent): { facts: Facts; personal: Personal } {
  const { kind, reason, count, user, client_id: clientId, ticket_id: ticketId, sid, address } = event;
  const { since, before, ended, entries } = event;
  return {
    facts: {
      kind,
      ...(ticketId === undefined ? {} : { ticket_id: ticketId }),
      ...(sid === undefined ? {} : { session_id: sid }),
      ...(clientId === undefined ? {} : { client_id: clientId }),
      reason,
      ...(count === undefined ? {} : { count }),
      ...(since === undefined ? {} : { since }),
      ...(before === undefined ? {} : { before }),
      ...(ended === undefined ? {} : { ended }),
      ...(entries === undefined ? {} : { entries }),
    },
    personal: {
      ...(user === undefined ? {} : { user: user.subject, source: user.source }),
      ...(user?.issuer === undefined ? {} : { issuer: user.issuer }),
      ...(address === undefined ? {} : { address }),
    },
  };
}
