import { BadSearch, askedIn } from '../record/search/asked.ts';
import type { Found, Search } from '../record/search/search.ts';
import { StoreUnavailable } from '../store/event-store.ts';
import type { Said } from './said.ts';
import { json, problem } from './said.ts';

/** What of the record the operators' server shows. */
export interface SearchedRecord {
  search(asked: Search): Promise<Found>;
  /** How far back it goes, in ISO 8601; undefined where nothing was let go of. */
  beginning(): Promise<string | undefined>;
}

/** `GET /v1/audit`: one page of the record. */
export async function auditPage(
  record: SearchedRecord,
  query: URLSearchParams,
  wallNow: number,
): Promise<Said> {
  try {
    const { events, next } = await record.search(askedIn(query, wallNow));
    const since = await record.beginning();
    return json(200, {
      events,
      ...(next === undefined ? {} : { next: next.toString() }),
      ...(since === undefined ? {} : { record_since: since }),
    });
  } catch (error) {
    if (error instanceof BadSearch)
      return problem(400, {
        code: 'invalid_request',
        title: 'The request is not what it must be',
        detail: error.message,
        field: error.field,
      });
    if (error instanceof StoreUnavailable)
      return problem(503, { code: 'store_unavailable', title: 'The record is away.' });
    throw error;
  }
}
