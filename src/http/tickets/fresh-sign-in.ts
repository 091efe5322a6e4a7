import type { Guard } from '../../command/ticket-commands.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import { ScangateError } from '../../ticket/error.ts';
import { isFreshEnough } from '../../ticket/fresh.ts';

/** Whether a phone's user must sign in anew before this ticket is theirs to confirm. @param authTime seconds since the epoch. */
export function needsFreshSignIn({ ticket, head, now }: TicketView, authTime: number | undefined): boolean {
  return !isFreshEnough(ticket.minted, authTime, head.first, now);
}

/**
 * A guard that does what another does, and lets nobody confirm whose sign-in at the phone's source is older than the ticket
 * asks for, or of an unknown time.
 *
 * @param authTime seconds since the epoch.
 * @throws ScangateError `insufficient_user_authentication`
 */
export function freshSignInGuard(authTime: number | undefined, guard: Guard): Guard {
  return (view) => {
    guard(view);
    const { status, minted } = view.ticket;
    if (status !== 'scanned' || !needsFreshSignIn(view, authTime)) return;
    throw new ScangateError('insufficient_user_authentication', {
      message: 'The application asks that you sign in on this phone again.',
      maxAge: minted.max_age ?? 0,
      ticketStatus: status,
    });
  };
}
