import type { Lives, TicketEventType } from './events.ts';

/**
 * How an event moves its subject's deadline, in milliseconds counted from the stamp that the store gives it:
 * the new deadline is `stamp + ms`, not below the old one with `extend`, and never above `first stamp + capMs`.
 */
export interface Life {
  readonly ms: number;
  readonly extend?: boolean;
  readonly capMs?: number;
}

/** The life that an event gives a ticket. A final event needs none. */
export function lifeOf(type: TicketEventType, lives: Lives): Life {
  switch (type) {
    case 'minted':
      return { ms: lives.ticket_ms };
    case 'scanned':
      return { ms: lives.decision_ms, extend: true, capMs: Math.max(lives.max_ms, lives.ticket_ms) };
    case 'confirmed':
    case 'accepted':
      return { ms: lives.code_ms };
    case 'contested':
      return { ms: 0, extend: true };
    case 'redeemed':
    case 'denied':
    case 'cancelled':
    case 'expired':
      return { ms: 0 };
  }
}
