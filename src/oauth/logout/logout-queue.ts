import type { SessionCommands } from '../../command/session-commands.ts';
import { openedOf } from '../../command/session-view.ts';
import type { SessionView } from '../../command/session-view.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { Time } from '../../time/time.ts';
import type { Client, ClientRegistry } from '../clients/client.ts';
import type { CallLogout } from './logout-call.ts';
import type { MakeLogoutToken } from './logout-token.ts';

/** What came of telling a client that a session is over. */
export type LogoutOutcome = (typeof LOGOUT_OUTCOMES)[number];

/** All of them. */
export const LOGOUT_OUTCOMES = ['acknowledged', 'failed', 'given_up'] as const;

export interface LogoutQueueOptions {
  readonly ledger: Ledger;
  readonly sessions: SessionCommands;
  readonly clients: ClientRegistry;
  readonly makeToken: MakeLogoutToken;
  readonly call: CallLogout;
  readonly time: Time;
  /** 0 ≤ random < 1: spreads the nodes' looks. */
  readonly random: () => number;
  /** How often each node looks for what others left, in milliseconds. */
  readonly periodMs: number;
  /** The pause after the first failed try, doubled after each further one, in milliseconds. */
  readonly pauseMs: number;
  /** Tries in all. */
  readonly triesMax: number;
  /** @param clientId undefined where the session is no longer known. */
  readonly onOutcome?: (outcome: LogoutOutcome, clientId: string | undefined) => void;
}

/**
 * Tells clients of ended sessions. What is to be told stands in the ledger until the client has acknowledged it, so that
 * another node goes on where one stops; each try has a fresh token.
 */
export interface LogoutQueue {
  /** Remembers a session that is about to end, or has ended; nothing for a client that asks for no logout tokens. */
  note(view: SessionView): Promise<void>;
  /** Tells of a session that ended and cannot be noted. */
  giveUp(view: SessionView): void;
  /** Tells what can be told now, without waiting for the next look. */
  hurry(): void;
  /** Kept once the calls that are under way have ended. */
  close(): Promise<void>;
}

/** The set in the ledger, and how many it holds: of more, those that end first are lost. */
export const QUEUE = 'logouts';
export const QUEUE_MAX = 10_000;
/** What one look takes. */
const LOOK_MAX = 100;
/** The pause after a look that did not take all. */
const FULL_PAUSE_MS = 200;
/** What is not acknowledged by then is given up, whoever is to blame. */
const LIFE_MS = 3_600_000;
/** Longer than any try takes: who holds it is at work, or gone. */
const LEASE_MS = 30_000;
const PAUSE_MAX_MS = 600_000;

/**
 * Remembers, for whichever gateway looks next, that a session has ended or is about to, whatever client it is of: one that asks
 * for no logout tokens is passed over then. @throws StoreUnavailable
 */
export async function noteLogout(ledger: Ledger, sid: string): Promise<void> {
  await ledger.addMember(QUEUE, sid, LIFE_MS, QUEUE_MAX);
}

export function openLogoutQueue(options: LogoutQueueOptions): LogoutQueue {
  const { ledger, sessions, time, random, periodMs } = options;
  const tell = teller(options);
  let cancel = (): void => undefined;
  let closed = false;
  let looking: Promise<void> | undefined;
  let again = false;

  function start(): void {
    again = looking !== undefined;
    if (closed || looking !== undefined) return;
    cancel();
    looking = round();
  }

  async function round(): Promise<void> {
    // A ledger that is away keeps what it has; the next look finds it.
    const pauseMs = await look().catch(() => Infinity);
    looking = undefined;
    if (again) start();
    else if (!closed) cancel = time.after(Math.min(pauseMs, periodMs * (0.75 + random() / 2)), start);
  }

  /** Answers the shortest pause after a failed try. */
  async function look(): Promise<number> {
    const sids = await ledger.members(QUEUE, LOOK_MAX);
    const views = sids.length === 0 ? [] : await sessions.look(sids);
    const pauses = await Promise.all(sids.map((sid, index) => tell(sid, views[index] ?? undefined)));
    return Math.min(...pauses, sids.length < LOOK_MAX ? Infinity : FULL_PAUSE_MS);
  }

  cancel = time.after(periodMs * random(), start);
  return {
    async note(view) {
      if (listenerOf(options.clients, view) !== undefined) await noteLogout(ledger, view.sid);
    },
    giveUp(view) {
      const client = listenerOf(options.clients, view);
      if (client !== undefined) options.onOutcome?.('given_up', client.client_id);
    },
    hurry: start,
    async close() {
      closed = true;
      cancel();
      await looking;
    },
  };
}

/** Tries to tell one session's client; answers the pause after a failed try, in milliseconds, else Infinity. */
function teller(options: LogoutQueueOptions) {
  const { ledger } = options;
  return tell;

  async function tell(sid: string, view: SessionView | undefined): Promise<number> {
    if (view?.session.status === 'active') return Infinity;
    const lease = `logout-lease:${sid}`;
    if (!(await ledger.putIfAbsent(lease, 'at work', LEASE_MS)).stored) return Infinity;
    const client = view && listenerOf(options.clients, view);
    if (view !== undefined && client !== undefined) return await tryToTell(view, client, lease);
    await ledger.removeMember(QUEUE, sid);
    if (view === undefined) options.onOutcome?.('given_up', undefined);
    return Infinity;
  }

  async function tryToTell(view: SessionView, client: Listener, lease: string): Promise<number> {
    const { sid } = view;
    const tries = await ledger.count(`logout-tries:${sid}`, LIFE_MS);
    const address = client.backchannel_logout_uri;
    const told = await options.call(address, await options.makeToken(view, client));
    if (told || tries >= options.triesMax) {
      await ledger.removeMember(QUEUE, sid);
      options.onOutcome?.(told ? 'acknowledged' : 'given_up', client.client_id);
      return Infinity;
    }
    options.onOutcome?.('failed', client.client_id);
    const pauseMs = Math.min(PAUSE_MAX_MS, options.pauseMs * 2 ** (tries - 1));
    await ledger.replaceIf(lease, 'at work', 'a pause', pauseMs);
    // What ends sooner comes later in a look: whoever fails makes room for others.
    const leftMs = Math.max(2 * pauseMs, LIFE_MS * (1 - tries / (options.triesMax + 1)));
    await ledger.addMember(QUEUE, sid, Math.ceil(leftMs), QUEUE_MAX);
    return pauseMs;
  }
}

type Listener = Client & { readonly backchannel_logout_uri: string };

function listenerOf(clients: ClientRegistry, view: SessionView): Listener | undefined {
  if (view.session.opened === undefined) return undefined;
  const client = clients.find(openedOf(view).client_id);
  return client !== undefined && hasAddress(client) ? client : undefined;
}

function hasAddress(client: Client): client is Listener {
  return client.backchannel_logout_uri !== undefined;
}
