import type { TicketView } from '../../command/ticket-view.ts';
import { rotationAt } from '../../secrets/rotation.ts';
import type { Rotation } from '../../secrets/rotation.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { deadlineOf } from '../../store/event-store.ts';

/** Where the rotation of a ticket's scan code stands. */
export function rotationOf({ ticket, head, now }: TicketView): Rotation {
  return rotationAt(head.first, ticket.minted.lives.qr_period_ms, now, deadlineOf(head));
}

/** The code of now that the browser opens on its own device. */
export function sameDeviceCodeOf(secrets: TicketSecrets, view: TicketView): string {
  return secrets.sameDeviceCode(view.ticketId, view.ticket.minted.key_id, rotationOf(view).period);
}

/** The scan code of now. */
export function scanCodeOf(secrets: TicketSecrets, view: TicketView): string {
  return secrets.scanCode(view.ticketId, view.ticket.minted.key_id, rotationOf(view).period);
}
