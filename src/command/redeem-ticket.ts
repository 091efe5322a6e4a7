import type { OpenedData } from '../session/events.ts';
import type { EventStore } from '../store/event-store.ts';
import { sessionSubject } from '../store/subject.ts';
import { decide } from '../ticket/decide.ts';
import { ScangateError } from '../ticket/error.ts';
import type { MakeNonce } from './nonce.ts';
import { loadHeads, runCommand } from './run.ts';
import type { Decision } from './run.ts';
import { sessionAfter, sessionChange } from './session-change.ts';
import { sessionViewOf } from './session-view.ts';
import type { SessionView } from './session-view.ts';
import { ticketAfter, ticketChange } from './ticket-change.ts';
import type { TicketReader } from './ticket-reader.ts';
import type { TicketView } from './ticket-view.ts';

/** What a redemption opens. Both are asked with the ticket as it was seen. */
export interface Opening {
  readonly sid: (view: TicketView) => string;
  readonly open: (view: TicketView) => OpenedData;
}

/** A redeemed ticket and the session that it opened. */
export interface Redeemed {
  readonly view: TicketView;
  readonly session: SessionView;
}

export interface RedeemOptions {
  readonly store: EventStore;
  readonly reader: TicketReader;
  readonly makeNonce: MakeNonce;
  readonly tries: number;
}

/** What one redemption is about. */
export interface RedeemRequest {
  /** The ticket as it was read. */
  readonly seen: TicketView;
  readonly replay: string | undefined;
  readonly guard: (view: TicketView) => void;
  readonly opening: Opening;
}

/** A ticket and the session that it opens; null: there is none yet. */
interface Pair {
  readonly ticket: TicketView;
  readonly session: SessionView | null;
}

/**
 * Redeems a ticket and opens its session in one write. That there is no session yet is taken for granted: where there is,
 * because a `redeemed` was lost, the write is refused and both are read.
 */
export async function redeemTicket(options: RedeemOptions, request: RedeemRequest): Promise<Redeemed> {
  const { store, reader, makeNonce, tries } = options;
  const { seen, replay, guard, opening } = request;
  const command = { type: 'redeem', ...(replay === undefined ? {} : { replay }) } as const;

  async function sessionOf(ticket: TicketView): Promise<SessionView | null> {
    const { heads, now } = await loadHeads(store, [sessionSubject(opening.sid(ticket))]);
    const [head = null] = heads;
    return head === null ? null : sessionViewOf(head, now);
  }

  async function load(): Promise<Pair> {
    const ticket = await reader.load(seen.ticketId);
    return { ticket, session: ticket.ticket.confirmed === undefined ? null : await sessionOf(ticket) };
  }

  async function decideAt({ ticket, session }: Pair): Promise<Decision<Redeemed>> {
    guard(ticket);
    const event = decide(ticket.ticket, command);
    if (event === undefined) return repeated(ticket, await sessionOf(ticket));
    const redeemed = ticketChange(ticket.ticketId, ticket, event, 'before', makeNonce());
    if (session !== null) {
      return {
        batch: [redeemed.append],
        answer: ([moment], now) => ({ view: ticketAfter(ticket, redeemed, moment, now), session }),
      };
    }
    const data = opening.open(ticket);
    const opened = sessionChange(opening.sid(ticket), null, { type: 'opened', data }, makeNonce());
    return {
      batch: [redeemed.append, opened.append],
      answer: ([first, second], now) => ({
        view: ticketAfter(ticket, redeemed, first, now),
        session: sessionAfter(null, opened, second, now),
      }),
    };
  }

  return await runCommand(store, { ticket: seen, session: null }, decideAt, { load, tries });
}

/** The same request again: nothing is written, and the session is the one that the first opened. */
function repeated(view: TicketView, session: SessionView | null): Decision<Redeemed> {
  if (session === null) throw new ScangateError('not_found');
  return { batch: [], answer: () => ({ view, session }) };
}
