import { createHash } from 'node:crypto';
import { sessionCommands } from '../../../src/command/session-commands.ts';
import type { SessionCommands } from '../../../src/command/session-commands.ts';
import { openSweeper } from '../../../src/command/sweeper.ts';
import { ticketCommands } from '../../../src/command/ticket-commands.ts';
import type { TicketCommands } from '../../../src/command/ticket-commands.ts';
import { cursorOfView } from '../../../src/command/ticket-view.ts';
import type { TicketView } from '../../../src/command/ticket-view.ts';
import { lastMoment, deadlineOf } from '../../../src/store/event-store.ts';
import { idOf } from '../../../src/store/subject.ts';
import type { Subject } from '../../../src/store/subject.ts';
import { ScangateError } from '../../../src/ticket/error.ts';
import { endsWatch } from '../../../src/ticket/ticket.ts';
import { openFeed } from '../../../src/watch/feed.ts';
import { Hub } from '../../../src/watch/hub.ts';
import type { Present } from '../../../src/watch/present.ts';
import type { WatchShared } from '../../../src/watch/watch-subject.ts';
import { TICK_MS, Wheel } from '../../../src/watch/wheel.ts';
import type { Status } from '../../history/history.ts';
import type { Random } from '../../support/random.ts';
import type { Gateway } from '../world.ts';

/** How long a lost answer of a refresh is given again, in milliseconds: the default of `SCANGATE_REPLAY_WINDOW`. */
export const REPLAY_WINDOW_MS = 10_000;

const TRIES = 6;
const SWEEP_MS = 500;
const RECHECK_MS: readonly [number, number] = [20_000, 40_000];
const AWAY_MS = 1_000;

/** What a watching browser is told. */
export interface ToldState {
  readonly status: Status;
  readonly cursor: string;
  readonly reset: boolean;
  readonly end: boolean;
}

/** One gateway without its HTTP: its store, the commands on it, and who is told. */
export interface Front {
  readonly gateway: Gateway;
  readonly tickets: TicketCommands;
  readonly sessions: SessionCommands;
  readonly watch: WatchShared;
  /** For one watch. @param onLoad hears when a reading begins. */
  readonly present: (onLoad: () => void) => Present<ToldState, TicketView>;
}

/** Puts the rooms above the store together as `compose` does. */
export function makeFront(gateway: Gateway, random: Random): Front {
  const { store, process } = gateway;
  const makeNonce = (): string => String(random.between(0, 2 ** 32 - 1));
  const tickets = ticketCommands({ store, makeNonce, tries: TRIES });
  const sessions = sessionCommands({ store, makeNonce, tries: TRIES, replayWindowMs: REPLAY_WINDOW_MS });
  const hub = new Hub();
  openFeed(store, hub, process);
  openSweeper({
    store,
    expire: async (head) => await sessions.expire(await tickets.expire(head)),
    periodMs: SWEEP_MS,
    time: process,
    random: random.next,
  });
  const watch: WatchShared = {
    hub,
    wheel: new Wheel(TICK_MS, process),
    recheckMinMs: RECHECK_MS[0],
    recheckMaxMs: RECHECK_MS[1],
    awayMs: AWAY_MS,
    random: random.next,
    isAway: (error) => error instanceof ScangateError && error.code !== 'not_found',
  };
  return { gateway, tickets, sessions, watch, present: (onLoad) => presentOf(tickets, onLoad) };
}

/** The id of the session that a confirmation opens: it shares the ticket's partition. */
export function sidOf({ ticketId, ticket }: TicketView): string {
  const text = `${ticketId} ${ticket.confirmed?.id}`;
  return ticketId.slice(0, 2) + createHash('sha256').update(text).digest('base64url').slice(0, 20);
}

function presentOf(tickets: TicketCommands, onLoad: () => void): Present<ToldState, TicketView> {
  return {
    async load(subject: Subject) {
      onLoad();
      try {
        return await tickets.look(idOf(subject), () => undefined);
      } catch (error) {
        if (error instanceof ScangateError && error.code === 'not_found') return null;
        throw error;
      }
    },
    told(view, reset) {
      const { status } = view.ticket;
      const end = endsWatch(view.ticket);
      const cursor = cursorOfView(view);
      return { cursor, notice: { status, cursor, reset, end }, end };
    },
    gone: () => ({
      cursor: '1-0',
      notice: { status: 'absent', cursor: '1-0', reset: true, end: true },
      end: true,
    }),
    ends({ head, ticket }) {
      const { confirmed } = ticket;
      const ended = endsWatch(ticket) ? [lastMoment(head).id] : [];
      return [...(confirmed === undefined ? [] : [confirmed.id]), ...ended];
    },
    movesInMs: ({ head, now }) => (head.final ? undefined : Math.max(0, deadlineOf(head) - now)),
  };
}
