import type { ReadTimeline } from '../../operate/timeline-page.ts';
import { timelineEvent } from '../../record/search/timeline.ts';
import { isTicketId } from '../../secrets/ticket-secrets.ts';
import type { EventStore } from '../../store/event-store.ts';
import { ticketSubject } from '../../store/subject.ts';
import type { Secrets } from '../secrets.ts';

/** Reads tickets' histories by their ids, and by their names in the log. */
export function readTimeline(store: EventStore, { ticketNames }: Pick<Secrets, 'ticketNames'>): ReadTimeline {
  return async (asked) => {
    for (const ticketId of isTicketId(asked) ? [asked] : ticketNames.idsOf(asked)) {
      const events = await store.history(ticketSubject(ticketId));
      if (events.length > 0) return { ticketId, events: events.map(timelineEvent) };
    }
    return undefined;
  };
}
