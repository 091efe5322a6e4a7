import { BadSearch, askedIn } from '../record/search/asked.ts';
import type { Found, Search } from '../record/search/search.ts';
import { StoreUnavailable } from '../store/event-store.ts';
import type { Said } from './said.ts';
import { json, problem } from './said.ts';

/** What of the record the operators' server shows. */
export interface SearchedRecord {
  search(asked: Search): Promise<Found>;
}

/** `GET /v1/audit`: one page of the record. */
export async function auditPage(
  record: SearchedRecord,
  query: URLSearchParams,
  wallNow: number,
): Promise<Said> {
  try {
    const { events, next } = await record.search(askedIn(query, wallNow));
    return json(200, { events, ...(next === undefined ? {} : { next: next.toString() }) });
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
