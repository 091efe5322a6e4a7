import { momentOf } from '../../command/ticket-view.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import type { OpenedData } from '../../session/events.ts';
import type { Cursor } from '../../ticket/cursor.ts';
import type { User } from '../../ticket/events.ts';

/** The id of the session that a confirmed ticket opens. It follows from the ticket, so that nobody opens two. */
export function sidOf(secrets: TicketSecrets, { ticketId, ticket }: TicketView): string {
  return secrets.sid(ticketId, ticket.minted.key_id, idOf(ticket.confirmed));
}

/** Who has confirmed. */
export function userOf({ ticket }: TicketView): User {
  if (ticket.scanned === undefined) throw new Error('a confirmed ticket was scanned');
  return ticket.scanned.user;
}

/** When it was confirmed, in milliseconds since the epoch; now, where that is no longer known. */
export function confirmedAt({ head, ticket, now }: TicketView): number {
  return momentOf(head, idOf(ticket.confirmed)) ?? now;
}

/**
 * What the session of a confirmed ticket is opened with.
 *
 * @param lifeMs how long it lives, in milliseconds.
 * @param jkt the thumbprint of the key that its tokens are bound to, if any.
 */
export function openingOf(view: TicketView, lifeMs: number, jkt: string | undefined): OpenedData {
  const { minted, confirmed } = view.ticket;
  const id = idOf(confirmed);
  return {
    ticket_id: view.ticketId,
    confirmed_id: id,
    key_id: minted.key_id,
    client_id: minted.client_id,
    user: userOf(view),
    scope: minted.scope,
    ...(minted.nonce === undefined ? {} : { nonce: minted.nonce }),
    ...(minted.claims === undefined ? {} : { claims: minted.claims }),
    ...(minted.resource === undefined ? {} : { resource: minted.resource }),
    ...(jkt === undefined ? {} : { dpop_jkt: jkt }),
    auth_time: authTimeOf(view),
    browser: minted.browser,
    life_ms: lifeMs,
  };
}

/** The id of its `confirmed` event. @throws where it has none: a caller's mistake. */
export function confirmedIdOf({ ticket }: Pick<TicketView, 'ticket'>): Cursor {
  return idOf(ticket.confirmed);
}

/**
 * When who has confirmed signed in at the phone's source, else when they confirmed, in seconds since the epoch. A source whose clock
 * is ahead signed nobody in after that.
 */
export function authTimeOf(view: TicketView): number {
  const confirmed = Math.floor(confirmedAt(view) / 1000);
  return Math.min(view.ticket.confirmed?.auth_time ?? confirmed, confirmed);
}

function idOf(confirmed: { readonly id: Cursor } | undefined): Cursor {
  if (confirmed === undefined) throw new Error('only a confirmed ticket is redeemed');
  return confirmed.id;
}
