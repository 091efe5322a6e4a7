import { evolveSession } from '../../src/session/session.ts';
import type { OpenedData, SessionEvent } from '../../src/session/events.ts';
import { encodeEvent } from '../../src/store/codec.ts';
import type { Append, EventStore, Head } from '../../src/store/event-store.ts';
import { cursorOfHead } from '../../src/store/event-store.ts';
import { foldedSession, foldedTicket, sessionOf, ticketOf } from '../../src/store/fold.ts';
import type { Folded } from '../../src/store/fold.ts';
import { kindOf, sessionSubject, ticketSubject } from '../../src/store/subject.ts';
import type { Subject } from '../../src/store/subject.ts';
import { cursorOf } from '../../src/ticket/cursor.ts';
import type { Cursor } from '../../src/ticket/cursor.ts';
import type { MintedData, TicketEvent } from '../../src/ticket/events.ts';
import { evolve } from '../../src/ticket/evolve.ts';
import type { Life } from '../../src/ticket/life.ts';

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The seed of this run: `SCANGATE_TEST_SEED`, or a new one. Suites print it in their names. */
export const SEED = Number(process.env['SCANGATE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** How many rounds a race is run: a sample, or in full with `SCANGATE_TEST_LONG=1`. */
export function rounds(sample: number, full: number): number {
  return process.env['SCANGATE_TEST_LONG'] === '1' ? full : sample;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A base64url id of 22 characters, after an optional beginning (two characters decide the partition). */
export function freshId(random: () => number, start = ''): string {
  let id = start;
  while (id.length < 22) id += ALPHABET.charAt(Math.floor(random() * 64));
  return id;
}

export function freshTicket(random: () => number): Subject {
  return ticketSubject(freshId(random));
}

/** A session that shares the ticket's partition. */
export function sessionBeside(ticket: Subject, random: () => number): Subject {
  return sessionSubject(freshId(random, ticket.slice(7, 9)));
}

export const MINTED: MintedData = {
  client_id: 'demo',
  grant: 'authorization_code',
  binding: 'cookie',
  key_id: 'k1',
  scope: ['openid', 'profile'],
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  browser: { ip: '127.0.0.1', agent: 'Firefox' },
  lives: { ticket_ms: 120_000, decision_ms: 90_000, max_ms: 180_000, code_ms: 60_000, qr_period_ms: 30_000 },
  shows_scanner: true,
  number_match: false,
};

export const SCANNED: TicketEvent = {
  type: 'scanned',
  data: {
    user: { source: 'demo', issuer: 'demo', subject: 'ada', name: 'Ada "L" 李\u2028' },
    phone: { ip: '127.0.0.1', agent: 'phone' },
  },
};

export function opened(ticket: Subject, confirmed: Cursor): SessionEvent {
  const data: OpenedData = {
    ticket_id: ticket.slice(7),
    confirmed_id: confirmed,
    key_id: 'k1',
    client_id: 'demo',
    user: { source: 'demo', issuer: 'demo', subject: 'ada' },
    scope: ['openid'],
    auth_time: 1_700_000_000,
    browser: { ip: '127.0.0.1', agent: 'Firefox' },
    life_ms: 86_400_000,
  };
  return { type: 'opened', data };
}

export interface AppendOptions {
  readonly id?: Cursor;
  readonly life?: Life;
  readonly when?: Append['when'];
  readonly expected?: Cursor | null;
}

/** Makes appends as the command room does: folded with the event, at the cursor that was seen. */
export function appendMaker(random: () => number): {
  readonly nonce: () => string;
  readonly first: (
    subject: Subject,
    event: TicketEvent | SessionEvent,
    life: Life,
    options?: AppendOptions,
  ) => Append;
  readonly next: (head: Head, event: TicketEvent | SessionEvent, options?: AppendOptions) => Append;
} {
  const nonce = (): string => String(1 + Math.floor(random() * 2 ** 48));

  function make(
    subject: Subject,
    head: Head | undefined,
    event: TicketEvent | SessionEvent,
    options: AppendOptions,
  ): Append {
    const id = options.id ?? cursorOf((head?.version ?? 0) + 1, nonce());
    return {
      subject,
      expected: options.expected ?? (head === undefined ? null : cursorOfHead(head)),
      event: { id, ...encodeEvent(event) },
      life: options.life ?? { ms: 0 },
      when: options.when ?? 'before',
      head: folded(subject, head, event, id),
    };
  }

  return {
    nonce,
    first: (subject, event, life, options = {}) => make(subject, undefined, event, { ...options, life }),
    next: (head, event, options = {}) => make(head.subject, head, event, options),
  };
}

function folded(
  subject: Subject,
  head: Head | undefined,
  event: TicketEvent | SessionEvent,
  id: Cursor,
): Folded {
  if (kindOf(subject) === 'session') {
    const session = evolveSession(head && sessionOf(head), { ...(event as SessionEvent), id });
    if (session === undefined) throw new Error('a session event that folds to nothing');
    return foldedSession(session);
  }
  const ticket = evolve(head && ticketOf(head), { ...(event as TicketEvent), id });
  if (ticket === undefined) throw new Error('a ticket event that folds to nothing');
  return foldedTicket(ticket);
}

/** The head as it is, which must be there. */
export async function headOf(store: EventStore, subject: Subject): Promise<Head> {
  const { heads } = await store.read([subject]);
  const head = heads[0];
  if (head === undefined || head === null) throw new Error(`no head: ${subject}`);
  return head;
}

/** Waits until the store's clock has reached an instant. */
export async function untilStoreTime(store: EventStore, instantMs: number): Promise<void> {
  for (;;) {
    const { now } = await store.read([]);
    if (now >= instantMs) return;
    await sleep(Math.min(200, instantMs - now));
  }
}
