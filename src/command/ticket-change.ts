import { encodeEvent } from '../store/codec.ts';
import type { Append, Moment } from '../store/event-store.ts';
import { cursorOfHead } from '../store/event-store.ts';
import { foldedTicket } from '../store/fold.ts';
import { ticketSubject } from '../store/subject.ts';
import { cursorOf } from '../ticket/cursor.ts';
import { ScangateError } from '../ticket/error.ts';
import type { TicketEvent } from '../ticket/events.ts';
import { evolve } from '../ticket/evolve.ts';
import { lifeOf } from '../ticket/life.ts';
import type { Ticket } from '../ticket/ticket.ts';
import { headAfter } from './head-after.ts';
import type { TicketView } from './ticket-view.ts';

/** What one event makes of a ticket: the append that writes it, and the ticket as it is then. */
export interface TicketChange {
  readonly ticketId: string;
  readonly append: Append;
  readonly ticket: Ticket;
}

/** @param seen the ticket as it was before; null where the event is its first. */
export function ticketChange(
  ticketId: string,
  seen: TicketView | null,
  event: TicketEvent,
  when: Append['when'],
  nonce: string,
): TicketChange {
  const id = cursorOf((seen?.head.version ?? 0) + 1, nonce);
  const ticket = evolve(seen?.ticket, { ...event, id });
  if (ticket === undefined) throw new ScangateError('not_found');
  const append: Append = {
    subject: ticketSubject(ticketId),
    expected: seen === null ? null : cursorOfHead(seen.head),
    event: { id, ...encodeEvent(event) },
    life: lifeOf(event.type, ticket.minted.lives),
    when,
    head: foldedTicket(ticket),
  };
  return { ticketId, append, ticket };
}

/** The ticket after a change was written: what was written need not be read. */
export function ticketAfter(
  seen: TicketView | null,
  { ticketId, append, ticket }: TicketChange,
  moment: Moment | undefined,
  now: number,
): TicketView {
  return { ticketId, ticket, head: headAfter(seen?.head ?? null, append, moment), now };
}
