import type { SessionEvent } from '../../session/events.ts';
import type { Head } from '../../store/event-store.ts';
import { sessionOf, ticketOf } from '../../store/fold.ts';
import { kindOf } from '../../store/subject.ts';
import type { Subject } from '../../store/subject.ts';
import type { Device, TicketEvent, User } from '../../ticket/events.ts';

/** What the earlier events of a ticket or a session said of who, for whom and from where. */
export interface Context {
  readonly ticketId?: string;
  readonly clientId?: string;
  readonly user?: User;
  readonly browser?: Device;
  readonly phone?: Device;
}

/** What is known after an event. */
export function contextAfter(before: Context, event: TicketEvent | SessionEvent): Context {
  switch (event.type) {
    case 'minted':
      return { ...before, clientId: event.data.client_id, browser: event.data.browser };
    case 'scanned':
      return { ...before, user: event.data.user, phone: event.data.phone };
    case 'opened':
      return {
        ticketId: event.data.ticket_id,
        clientId: event.data.client_id,
        user: event.data.user,
        browser: event.data.browser,
      };
    default:
      return before;
  }
}

/**
 * What a head still says of what came before; undefined where it cannot be read, being of a later release. The phone's device
 * stands in the log alone.
 */
export function contextOfHead(head: Head): Context | undefined {
  try {
    return readContext(head);
  } catch {
    return undefined;
  }
}

function readContext(head: Head): Context {
  if (kindOf(head.subject) === 'ticket') {
    const { minted, scanned } = ticketOf(head);
    return {
      clientId: minted.client_id,
      browser: minted.browser,
      ...(scanned === undefined ? {} : { user: scanned.user }),
    };
  }
  const { opened } = sessionOf(head);
  if (opened === undefined) return {};
  return {
    ticketId: opened.ticket_id,
    clientId: opened.client_id,
    user: opened.user,
    browser: opened.browser,
  };
}

/** Remembers the contexts of the subjects that moved last, at most `max`. */
export class Contexts {
  readonly #max: number;
  readonly #known = new Map<Subject, Context>();

  constructor(max: number) {
    this.#max = max;
  }

  get(subject: Subject): Context | undefined {
    return this.#known.get(subject);
  }

  set(subject: Subject, context: Context): void {
    this.#known.delete(subject);
    this.#known.set(subject, context);
    if (this.#known.size <= this.#max) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
