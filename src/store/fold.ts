import { evolveSession } from '../session/session.ts';
import type { Session } from '../session/session.ts';
import type { SessionEvent } from '../session/events.ts';
import type { Complete } from '../ticket/complete.ts';
import type { Cursor } from '../ticket/cursor.ts';
import { evolve } from '../ticket/evolve.ts';
import type { TicketEvent } from '../ticket/events.ts';
import { isFinal } from '../ticket/ticket.ts';
import type { Ticket, TicketStatus } from '../ticket/ticket.ts';
import { FIRST_HEAD_SCHEMA, HEAD_SCHEMA, NewerSchema, SCHEMAS, decodeEvent } from './codec.ts';
import type { Append, Head, StoredEvent } from './event-store.ts';
import { mintedOfRow, mintedRow } from './minted-row.ts';
import { kindOf } from './subject.ts';

/** The part of a head that a node folds. Its bytes depend on the events alone, so a rebuilt head equals the first. */
export type Folded = Append['head'];

/** What a ticket's state becomes in its head. */
export function foldedTicket(ticket: Ticket): Folded {
  return foldedUnread({ ...ticket, minted: JSON.stringify(mintedRow(ticket.minted)) }).folded;
}

/** A ticket without what its head says anyway, and without names that every ticket has. */
type TicketBlob = Later & { readonly minted: unknown };

/** What came of a ticket after it was minted. */
type Later = Omit<Ticket, 'status' | 'minted'>;

/** A ticket with the text of what it was minted with. */
type UnreadTicket = Ticket<string>;

/** What a ticket's events add up to, and its blob in two: what it was minted with, and what stands behind that. */
export interface FoldedTicket {
  readonly folded: Folded;
  readonly minted: string;
  readonly rest: string;
}

function foldedUnread(ticket: UnreadTicket): FoldedTicket {
  const { status, minted, scanned, contested, confirmed, accepted, denied, redeemed } = ticket;
  const later = { scanned, contested, confirmed, accepted, denied, redeemed };
  const text = JSON.stringify(later satisfies Complete<Later, typeof later>);
  const rest = text === '{}' ? '}' : `,${text.slice(1)}`;
  const blob = `{"minted":${minted}${rest}`;
  return { folded: { status, final: isFinal(status), schema: headSchemaOf(ticket), blob }, minted, rest };
}

function headSchemaOf({ scanned, contested, confirmed, accepted }: UnreadTicket): number {
  const isNew =
    contested === true ||
    accepted !== undefined ||
    confirmed?.asks === true ||
    scanned?.same_device === true ||
    (scanned?.risk !== undefined && scanned.risk.outcome !== 'allow');
  return isNew ? HEAD_SCHEMA : FIRST_HEAD_SCHEMA;
}

/** The text under which an event's `minted` stands in the heads: as it was written, if this release would write it so. */
function unreadMinted(stored: StoredEvent): string {
  if (stored.schema === SCHEMAS.minted.schema) return stored.data;
  return JSON.stringify(mintedRow(decodeEvent<MintedEvent>(stored).data));
}

type MintedEvent = Extract<TicketEvent, { readonly type: 'minted' }>;
type LaterEvent = Exclude<TicketEvent, MintedEvent>;

/** What a session's state becomes in its head. */
export function foldedSession(session: Session): Folded {
  return {
    status: session.status,
    final: session.status !== 'active',
    schema: FIRST_HEAD_SCHEMA,
    blob: JSON.stringify(session),
  };
}

/**
 * Reads a ticket from its head.
 *
 * @throws {@link NewerSchema} where a later release folded it.
 */
export function ticketOf(head: Head): Ticket {
  const { minted, ...rest } = unfold(head) as TicketBlob;
  return { status: head.status as TicketStatus, minted: mintedOfRow(minted), ...rest };
}

/** Reads a session from its head. @throws {@link NewerSchema} as {@link ticketOf} does. */
export function sessionOf(head: Head): Session {
  return unfold(head) as Session;
}

function unfold(head: Head): unknown {
  if (head.schema > HEAD_SCHEMA) throw new NewerSchema(`head of schema ${head.schema}`);
  return JSON.parse(head.blob);
}

/**
 * Folds a subject's events, oldest first, to what its head holds; undefined where they do not begin at the beginning.
 *
 * @throws {@link NewerSchema} where an event is from a later release.
 */
export function fold(events: readonly StoredEvent[]): Folded | undefined {
  const first = events[0];
  if (first === undefined || first.version !== 1) return undefined;
  if (kindOf(first.subject) === 'canary') return undefined;
  if (kindOf(first.subject) === 'ticket') return foldTicket(events)?.folded;
  let session: Session | undefined;
  for (const stored of events) session = evolveSession(session, withId<SessionEvent>(stored));
  return session === undefined ? undefined : foldedSession(session);
}

/** The same of a ticket. */
export function foldTicket(events: readonly StoredEvent[]): FoldedTicket | undefined {
  if (events[0]?.version !== 1) return undefined;
  let ticket: UnreadTicket | undefined;
  for (const stored of events) {
    ticket =
      stored.type === 'minted'
        ? evolve(ticket, { type: 'minted', data: unreadMinted(stored), id: stored.id })
        : evolve(ticket, withId<LaterEvent>(stored));
  }
  return ticket === undefined ? undefined : foldedUnread(ticket);
}

/**
 * Folds one more event onto a head (null: a first event); undefined where it makes nothing.
 *
 * @throws {@link NewerSchema} where the head or the event is from a later release.
 */
export function foldOnto(head: Head | null, stored: StoredEvent): Folded | undefined {
  if (kindOf(stored.subject) === 'canary') return undefined;
  if (kindOf(stored.subject) === 'ticket') {
    const ticket = evolve(head === null ? undefined : ticketOf(head), withId<TicketEvent>(stored));
    return ticket === undefined ? undefined : foldedTicket(ticket);
  }
  const session = evolveSession(head === null ? undefined : sessionOf(head), withId<SessionEvent>(stored));
  return session === undefined ? undefined : foldedSession(session);
}

function withId<E extends TicketEvent | SessionEvent>(stored: StoredEvent): E & { id: Cursor } {
  const event = decodeEvent<E>(stored) as E & { id: Cursor };
  event.id = stored.id;
  return event;
}
