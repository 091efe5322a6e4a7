import type { EventStore, Head } from '../store/event-store.ts';
import { kindOf } from '../store/subject.ts';
import type { TicketCommand } from '../ticket/commands.ts';
import { decide } from '../ticket/decide.ts';
import { ScangateError } from '../ticket/error.ts';
import type { MintedData } from '../ticket/events.ts';
import type { MakeNonce } from './nonce.ts';
import { redeemTicket } from './redeem-ticket.ts';
import type { Opening, Redeemed } from './redeem-ticket.ts';
import { withStoreErrors } from '../store/store-errors.ts';
import { runCommand } from './run.ts';
import type { Decision } from './run.ts';
import { ticketAfter, ticketChange } from './ticket-change.ts';
import { ticketReader } from './ticket-reader.ts';
import type { OnTicketExpired } from './ticket-reader.ts';
import { ticketViewOf } from './ticket-view.ts';
import type { TicketView } from './ticket-view.ts';

/** Looks at a ticket before a command decides, on every try: it throws where the caller has no business here. */
export type Guard = (view: TicketView) => void;

/** A guard that asks elsewhere, and is waited for. */
export type AsyncGuard = (view: TicketView) => Promise<void>;

/** Which ticket a command is for: its id, or the ticket as this very request has read it, which is not read again. */
export type TicketAt = string | TicketView;

/** A ticket after a command, and whether this very call made the event. */
export interface Decided extends TicketView {
  readonly decided: boolean;
}

/** Everything that can be done with a ticket. */
export interface TicketCommands {
  /** Mints a ticket under an id that the caller made. */
  mint(ticketId: string, data: MintedData): Promise<TicketView>;
  /** The ticket as it is. One whose deadline has passed is expired first. Only behind a valid MAC: it may rebuild. */
  look(ticketId: string, guard: Guard): Promise<TicketView>;
  /** Scan, confirm, deny, cancel. */
  run(at: TicketAt, command: TicketCommand, guard: Guard | AsyncGuard): Promise<Decided>;
  /**
   * Redeems a confirmed ticket and opens its session, both in one write. A session that exists already is left as it is
   * (a lost `redeemed` is repeated).
   */
  redeem(at: TicketAt, replay: string | undefined, guard: Guard, opening: Opening): Promise<Redeemed>;
  /** Appends `expired` to a ticket whose deadline has passed; other subjects stay. Answers the head afterwards. */
  expire(head: Head): Promise<Head>;
}

export interface TicketCommandsOptions {
  readonly store: EventStore;
  readonly makeNonce: MakeNonce;
  readonly tries: number;
  /** Told of each ticket that these expire. */
  readonly onExpired?: OnTicketExpired;
}

/** Makes the commands over one store. */
export function ticketCommands(options: TicketCommandsOptions): TicketCommands {
  const { store, makeNonce, tries, onExpired } = options;
  const reader = ticketReader(store, makeNonce, onExpired);

  return {
    async mint(ticketId, data) {
      const change = ticketChange(ticketId, null, { type: 'minted', data }, 'any', makeNonce());
      return await withStoreErrors(async () => {
        const result = await store.append([change.append]);
        if (!('moments' in result)) throw new ScangateError('store_unavailable', { retryAfterMs: 1000 });
        return ticketAfter(null, change, result.moments[0], result.now);
      });
    },

    async look(ticketId, guard) {
      return await withStoreErrors(async () => {
        const view = await reader.load(ticketId);
        guard(view);
        return view;
      });
    },

    async run(at, command, guard) {
      const ticketId = typeof at === 'string' ? at : at.ticketId;
      async function decideAt(seen: TicketView): Promise<Decision<Decided>> {
        await guard(seen);
        const event = decide(seen.ticket, command);
        if (event === undefined) return { batch: [], answer: () => ({ ...seen, decided: false }) };
        const change = ticketChange(ticketId, seen, event, 'before', makeNonce());
        return {
          batch: [change.append],
          answer: ([moment], now) => ({ ...ticketAfter(seen, change, moment, now), decided: true }),
        };
      }
      return await runCommand(store, typeof at === 'string' ? undefined : at, decideAt, {
        load: () => reader.load(ticketId),
        fromHead: (head, now) => reader.fromHead(head, now),
        tries,
      });
    },

    async redeem(at, replay, guard, opening) {
      return await withStoreErrors(async () => {
        const seen = typeof at === 'string' ? await reader.load(at) : at;
        const parts = { store, reader, makeNonce, tries };
        return await redeemTicket(parts, { seen, replay, guard, opening });
      });
    },

    async expire(head) {
      if (kindOf(head.subject) !== 'ticket') return head;
      return (await reader.expire(ticketViewOf(head, head.first))).head;
    },
  };
}
