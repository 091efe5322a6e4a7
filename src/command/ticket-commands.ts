import { encodeEvent } from '../store/codec.ts';
import type { Append, Durability, EventStore, Head } from '../store/event-store.ts';
import { cursorOfHead } from '../store/event-store.ts';
import { foldedSession, foldedTicket, ticketOf } from '../store/fold.ts';
import { kindOf, sessionSubject, ticketSubject } from '../store/subject.ts';
import type { Subject } from '../store/subject.ts';
import type { SessionEvent, OpenedData } from '../session/events.ts';
import { evolveSession } from '../session/session.ts';
import type { TicketCommand } from '../ticket/commands.ts';
import { cursorOf } from '../ticket/cursor.ts';
import { decide } from '../ticket/decide.ts';
import { ScangateError } from '../ticket/error.ts';
import type { MintedData, TicketEvent } from '../ticket/events.ts';
import { evolve } from '../ticket/evolve.ts';
import { lifeOf } from '../ticket/life.ts';
import { headAfter, loadAll, runCommand, withStoreErrors } from './run.ts';
import type { RunOptions } from './run.ts';
import type { MakeNonce } from './nonce.ts';
import { isOverdue, viewOf } from './ticket-view.ts';
import type { TicketView } from './ticket-view.ts';

/** Looks at a ticket before a command decides, on every try: it throws where the caller has no business here. */
export type Guard = (view: TicketView) => void;

/** Everything that can be done with a ticket. */
export interface TicketCommands {
  /** Mints a ticket under an id that the caller made. */
  mint(ticketId: string, data: MintedData): Promise<TicketView>;
  /** The ticket as it is. One whose deadline has passed is expired first. Only behind a valid MAC: it may rebuild. */
  look(ticketId: string, guard: Guard): Promise<TicketView>;
  /** Scan, confirm, deny, cancel. The answer tells whether this very call made the event. */
  run(
    ticketId: string,
    command: TicketCommand,
    guard: Guard,
  ): Promise<TicketView & { readonly decided: boolean }>;
  /**
   * Redeems a confirmed ticket and opens its session, both in one write. A session that exists already is left as it is
   * (a lost `redeemed` is repeated); `sid` and `open` are asked with the ticket as it was seen.
   */
  redeem(
    ticketId: string,
    replay: string | undefined,
    guard: Guard,
    session: { readonly sid: (view: TicketView) => string; readonly open: (view: TicketView) => OpenedData },
  ): Promise<{ readonly view: TicketView; readonly session: Head }>;
  /** Appends `expired` where a deadline has passed. Answers the head afterwards. */
  expire(head: Head): Promise<Head>;
}

/** What ticket commands are made of. */
export interface TicketCommandsOptions {
  readonly store: EventStore;
  readonly makeNonce: MakeNonce;
  readonly tries: number;
  /** For confirm, deny and redeem; everything else is `acknowledged`. */
  readonly durability: Durability;
}

const LASTING: ReadonlySet<TicketCommand['type']> = new Set(['confirm', 'deny', 'redeem']);

/** Makes the commands over one store. */
export function ticketCommands(options: TicketCommandsOptions): TicketCommands {
  const { store, makeNonce } = options;

  function appendOf(subject: Subject, head: Head | null, event: TicketEvent, when: Append['when']): Append {
    const ticket = head === null ? undefined : ticketOf(head);
    const id = cursorOf((head?.version ?? 0) + 1, makeNonce());
    const next = evolve(ticket, { ...event, id });
    if (next === undefined) throw new ScangateError('not_found');
    return {
      subject,
      expected: head === null ? null : cursorOfHead(head),
      event: { id, ...encodeEvent(event) },
      life: lifeOf(event.type, next.minted.lives),
      when,
      head: foldedTicket(next),
    };
  }

  async function expire(head: Head): Promise<Head> {
    if (kindOf(head.subject) !== 'ticket') return head;
    const event = decide(ticketOf(head), { type: 'expire' });
    if (event === undefined) return head;
    const append = appendOf(head.subject, head, event, 'after');
    const result = await store.append([append]);
    if (!('moments' in result)) return result.head ?? head;
    const [moment] = result.moments;
    return moment === undefined ? head : headAfter(head, append, moment);
  }

  function runOptions(type: TicketCommand['type']): RunOptions {
    return {
      tries: options.tries,
      durability: LASTING.has(type) ? options.durability : 'acknowledged',
      expire,
    };
  }

  return {
    expire,

    async mint(ticketId, data) {
      const subject = ticketSubject(ticketId);
      const append = appendOf(subject, null, { type: 'minted', data }, 'any');
      return await withStoreErrors(async () => {
        const result = await store.append([append]);
        const moment =
          result.outcome === 'appended' || result.outcome === 'already' ? result.moments[0] : undefined;
        if (moment === undefined) throw new ScangateError('store_unavailable', { retryAfterMs: 1000 });
        return viewOf(headAfter(null, append, moment), result.now);
      });
    },

    async look(ticketId, guard) {
      return await withStoreErrors(async () => {
        const { heads, now } = await loadAll(store, [ticketSubject(ticketId)]);
        const head = heads[0] ?? null;
        if (head === null) throw new ScangateError('not_found');
        const view = viewOf(isOverdue(head, now) ? await expire(head) : head, now);
        guard(view);
        return view;
      });
    },

    async run(ticketId, command, guard) {
      const subject = ticketSubject(ticketId);
      const answer =
        (decided: boolean) =>
        ([head]: readonly (Head | null)[], now: number): TicketView & { decided: boolean } => {
          if (head === null || head === undefined) throw new ScangateError('not_found');
          return { ...viewOf(head, now), decided };
        };
      return await runCommand(
        store,
        [subject],
        ([head], now) => {
          if (head === null || head === undefined) throw new ScangateError('not_found');
          const view = viewOf(head, now);
          guard(view);
          const event = decide(view.ticket, command);
          if (event === undefined) return { batch: [], answer: answer(false) };
          return { batch: [appendOf(subject, head, event, 'before')], answer: answer(true) };
        },
        runOptions(command.type),
      );
    },

    async redeem(ticketId, replay, guard, session) {
      const subject = ticketSubject(ticketId);
      const seen = await this.look(ticketId, guard);
      if (seen.ticket.confirmed === undefined) decide(seen.ticket, { type: 'redeem' });
      const opened = sessionSubject(session.sid(seen));
      return await runCommand(
        store,
        [subject, opened],
        ([head, open], now) => {
          if (head === null || head === undefined) throw new ScangateError('not_found');
          const view = viewOf(head, now);
          guard(view);
          const event = decide(view.ticket, { type: 'redeem', ...(replay === undefined ? {} : { replay }) });
          const answer = ([ticketHead, sessionHead]: readonly (Head | null)[], at: number) => {
            if (!ticketHead || !sessionHead) throw new ScangateError('not_found');
            return { view: viewOf(ticketHead, at), session: sessionHead };
          };
          if (event === undefined) return { batch: [], answer };
          const redeemed = appendOf(subject, head, event, 'before');
          return {
            batch: open ? [redeemed] : [redeemed, opening(opened, session.open(view), makeNonce())],
            answer,
          };
        },
        runOptions('redeem'),
      );
    },
  };
}

function opening(subject: Subject, data: OpenedData, nonce: string): Append {
  const id = cursorOf(1, nonce);
  const event: SessionEvent = { type: 'opened', data };
  const session = evolveSession(undefined, { ...event, id });
  if (session === undefined) throw new Error('an opened session is a session');
  return {
    subject,
    expected: null,
    event: { id, ...encodeEvent(event) },
    life: { ms: data.life_ms },
    when: 'any',
    head: foldedSession(session),
  };
}
