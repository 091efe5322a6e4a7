import type { SessionEvent } from '../../session/events.ts';
import { decodeEvent } from '../../store/codec.ts';
import type { StoredEvent } from '../../store/event-store.ts';
import { idOf as idOfSubject, kindOf } from '../../store/subject.ts';
import type { Device, TicketEvent, User } from '../../ticket/events.ts';
import type { Risk } from '../../ticket/risk.ts';
import { contextAfter } from './context.ts';
import type { Context } from './context.ts';
import type { Entry, Facts, Personal, SeenDevice } from './entry.ts';
import { idOf, markIn } from '../ids/sortable-id.ts';

type LogEvent = TicketEvent | SessionEvent;

/**
 * The audit event of an event of the log, and what is known of its subject afterwards. Its id is made of what the log holds,
 * the stamp and the nonce, so that an event which arrives again is the same one.
 */
export function entryOfLog(stored: StoredEvent, before: Context): { entry: Entry; context: Context } {
  const id = idOf(stored.at, markIn(stored.id.slice(stored.id.indexOf('-') + 1)));
  const event = decoded(stored);
  const context = event === undefined ? before : contextAfter(before, event);
  const isTicket = kindOf(stored.subject) === 'ticket';
  const subject = idOfSubject(stored.subject);
  const ticketId = isTicket ? subject : context.ticketId;
  const reason = event === undefined ? 'cannot be read by this release' : reasonOf(event);
  const facts: Facts = {
    kind: stored.type,
    ...(ticketId === undefined ? {} : { ticket_id: ticketId }),
    ...(isTicket ? {} : { session_id: subject }),
    ...(context.clientId === undefined ? {} : { client_id: context.clientId }),
    ...(reason === undefined ? {} : { reason }),
    cursor: stored.id,
  };
  return { entry: { id, facts, personal: personalOf(stored.type, context) }, context };
}

function decoded(stored: StoredEvent): LogEvent | undefined {
  try {
    return decodeEvent<LogEvent>(stored);
  } catch {
    // Of a later release, or damaged: that it happened is kept all the same, and nothing behind it waits.
    return undefined;
  }
}

function reasonOf(event: LogEvent): string | undefined {
  switch (event.type) {
    case 'denied':
      return event.data.report === true ? 'reported' : event.data.reason;
    case 'revoked':
      return event.data.reason;
    case 'scanned':
      return event.data.same_device === true ? 'same_device' : riskOf(event.data.risk);
    case 'contested':
      return riskOf(event.data.risk);
    case 'confirmed':
      return event.data.asks === true ? 'asks' : undefined;
    default:
      return undefined;
  }
}

// What is allowed was only told to the phone, and the log keeps it with its events.
function riskOf(risk: Risk | undefined): string | undefined {
  if (risk === undefined || risk.outcome === 'allow') return undefined;
  return `risk ${risk.outcome}: ${risk.reasons.join(', ')}`;
}

/** What the phone does; everything else is the browser's, or nobody's. */
const BY_PHONE: ReadonlySet<string> = new Set(['scanned', 'confirmed', 'denied', 'contested']);

function personalOf(type: string, { user, browser, phone }: Context): Personal {
  const byPhone = BY_PHONE.has(type);
  const actor = byPhone ? phone : browser;
  return {
    ...userOf(type === 'minted' ? undefined : user),
    ...seen(actor),
    ...(byPhone && browser !== undefined ? { browser: seen(browser) } : {}),
  };
}

function userOf(user: User | undefined): Personal {
  if (user === undefined) return {};
  const { subject, source, issuer, name } = user;
  return { user: subject, source, issuer, ...(name === undefined ? {} : { name }) };
}

function seen(device: Device | undefined): SeenDevice {
  if (device === undefined) return {};
  const { ip, agent, place } = device;
  return { address: ip, agent, ...(place === undefined ? {} : { place }) };
}
