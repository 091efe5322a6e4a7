import type { TimelineEvent } from '../record/search/timeline.ts';
import { StoreUnavailable } from '../store/event-store.ts';
import { json, problem } from './said.ts';
import type { Said } from './said.ts';

/** A ticket's whole history. */
export interface Timeline {
  readonly ticketId: string;
  readonly events: readonly TimelineEvent[];
}

/** Reads it by the ticket's id or its name in the log; undefined: the log holds no such ticket. */
export type ReadTimeline = (asked: string) => Promise<Timeline | undefined>;

/** `GET /v1/timeline?ticket_id=…`: what the log holds of a ticket. */
export async function timelinePage(read: ReadTimeline, query: URLSearchParams): Promise<Said> {
  const asked = query.get('ticket_id') ?? '';
  try {
    const timeline = await read(asked);
    if (timeline === undefined)
      return problem(404, { code: 'not_found', title: 'The log holds no such ticket' });
    return json(200, { ticket_id: timeline.ticketId, events: timeline.events });
  } catch (error) {
    if (error instanceof StoreUnavailable)
      return problem(503, { code: 'store_unavailable', title: 'The store does not answer' });
    throw error;
  }
}
