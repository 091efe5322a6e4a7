import { NewerSchema, decodeEvent } from '../../store/codec.ts';
import type { StoredEvent } from '../../store/event-store.ts';
import type { SessionEvent } from '../../session/events.ts';
import type { Device, TicketEvent, User } from '../../ticket/events.ts';
import type { Risk } from '../../ticket/risk.ts';

/** One event of a history as people read it. The log holds no secret, so neither does this. */
export interface TimelineEvent {
  /** ISO 8601, with milliseconds. */
  readonly at: string;
  readonly type: string;
  readonly cursor: string;
  /** By whom and from where, in a few words; may be empty. */
  readonly details: string;
}

/** An event of the log as people read it. */
export function timelineEvent(stored: StoredEvent): TimelineEvent {
  const { at, type, id } = stored;
  return { at: new Date(at).toISOString(), type, cursor: id, details: describe(stored) };
}

function describe(stored: StoredEvent): string {
  try {
    return details(decodeEvent<TicketEvent | SessionEvent>(stored));
  } catch (error) {
    if (error instanceof NewerSchema) return `(written by a later release: schema ${stored.schema})`;
    throw error;
  }
}

function details(event: TicketEvent | SessionEvent): string {
  switch (event.type) {
    case 'minted':
      return `for client ${event.data.client_id}, browser ${device(event.data.browser)}`;
    case 'scanned':
      return `by ${user(event.data.user)}, phone ${device(event.data.phone)}${risk(event.data.risk)}`;
    case 'denied':
      if (event.data.reason === 'number') return 'no number that was typed was right';
      if (event.data.reason === 'risk') return 'because of its risk';
      return event.data.report === true ? 'and reported as not theirs' : '';
    case 'revoked':
      return `by ${event.data.reason}`;
    case 'opened':
      return `for ${user(event.data.user)}`;
    case 'contested':
      return `by a second phone${risk(event.data.risk)}`;
    case 'confirmed':
      return event.data.asks === true ? 'and the browser is asked' : '';
    case 'accepted':
      return 'by the browser';
    case 'cancelled':
    case 'expired':
    case 'redeemed':
    case 'refreshed':
      return '';
  }
}

function risk(of: Risk | undefined): string {
  return of === undefined ? '' : `, risk ${of.outcome}: ${of.reasons.join(' ')}`;
}

function user(who: User): string {
  return `${printable(who.subject)} (${who.source})`;
}

function device(from: Device): string {
  return `${from.ip}${from.place === undefined ? '' : `, ${printable(from.place)}`}, ${printable(from.agent) || 'no user agent'}`;
}

// What came from outside may hold control characters, which a terminal would obey.
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '').slice(0, 80);
}
