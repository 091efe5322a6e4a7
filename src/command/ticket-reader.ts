import type { EventStore, Head } from '../store/event-store.ts';
import { ticketSubject } from '../store/subject.ts';
import { decide } from '../ticket/decide.ts';
import { ScangateError } from '../ticket/error.ts';
import type { MakeNonce } from './nonce.ts';
import { loadHeads } from './run.ts';
import { ticketAfter, ticketChange } from './ticket-change.ts';
import { isOverdue, ticketViewOf } from './ticket-view.ts';
import type { TicketView } from './ticket-view.ts';

/** Reads tickets as they are now: one whose deadline has passed is expired by that. */
export interface TicketReader {
  /** @throws ScangateError `not_found` */
  load(ticketId: string): Promise<TicketView>;
  /** A ticket whose head the store has just answered; null: it has none. @throws ScangateError `not_found` */
  fromHead(head: Head | null, now: number): Promise<TicketView>;
  /** Appends `expired`. Answers the ticket as it is afterwards, which another event may have moved first. */
  expire(seen: TicketView): Promise<TicketView>;
}

/** Told of a ticket by whose reading it was expired: one node's one reading, however many there are. */
export type OnTicketExpired = (view: TicketView) => void;

export function ticketReader(
  store: EventStore,
  makeNonce: MakeNonce,
  onExpired?: OnTicketExpired,
): TicketReader {
  async function fromHead(head: Head | null, now: number): Promise<TicketView> {
    if (head === null) throw new ScangateError('not_found');
    const view = ticketViewOf(head, now);
    return isOverdue(head, now) ? await expire(view) : view;
  }

  async function expire(seen: TicketView): Promise<TicketView> {
    const event = decide(seen.ticket, { type: 'expire' });
    if (event === undefined) return seen;
    const change = ticketChange(seen.ticketId, seen, event, 'after', makeNonce());
    const result = await store.append([change.append]);
    if (!('moments' in result)) return result.head === null ? seen : ticketViewOf(result.head, result.now);
    const expired = ticketAfter(seen, change, result.moments[0], result.now);
    onExpired?.(expired);
    return expired;
  }

  return {
    async load(ticketId) {
      const { heads, now } = await loadHeads(store, [ticketSubject(ticketId)]);
      return await fromHead(heads[0] ?? null, now);
    },
    fromHead,
    expire,
  };
}
