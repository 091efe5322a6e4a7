import type { Head } from '../store/event-store.ts';
import { cursorOfHead, deadlineOf } from '../store/event-store.ts';
import { ticketOf } from '../store/fold.ts';
import { idOf } from '../store/subject.ts';
import type { Cursor } from '../ticket/cursor.ts';
import type { Ticket } from '../ticket/ticket.ts';

/** A ticket as the store answered it: what it is, when its events were, and the store's time of that answer. */
export interface TicketView {
  readonly ticketId: string;
  readonly ticket: Ticket;
  readonly head: Head;
  /** The store's time, in milliseconds since the epoch. */
  readonly now: number;
}

/** Reads a head as a ticket. @throws NewerSchema where a later release wrote it. */
export function ticketViewOf(head: Head, now: number): TicketView {
  return { ticketId: idOf(head.subject), ticket: ticketOf(head), head, now };
}

/** The cursor of a view. */
export function cursorOfView(view: TicketView): Cursor {
  return cursorOfHead(view.head);
}

/** Milliseconds until a view's deadline; never below 0. */
export function remainingMs(view: TicketView): number {
  return Math.max(0, deadlineOf(view.head) - view.now);
}

/** Whether a view's deadline has passed without anyone having said so yet. */
export function isOverdue(head: Head, now: number): boolean {
  return !head.final && now >= deadlineOf(head);
}

/** When one of the kept events happened, in milliseconds since the epoch. */
export function momentOf(head: Head, id: Cursor | undefined): number | undefined {
  return head.moments.find((moment) => moment.id === id)?.at;
}
