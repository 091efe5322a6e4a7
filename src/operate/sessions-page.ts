import { problem, json } from './said.ts';
import type { Said } from './said.ts';

/** An active session, as operators see it. */
export interface ListedSession {
  readonly sid: string;
  readonly ticket_id: string;
  readonly client_id: string;
  /** ISO 8601, as all times here. */
  readonly opened_at: string;
  readonly last_seen_at: string;
  readonly browser: { readonly ip: string; readonly place?: string; readonly agent: string };
}

/**
 * Lists the active sessions of `<source>:<subject>`; undefined: no such source is set here.
 *
 * @throws {@link ListUnavailable}
 */
export type ListSessions = (user: string) => Promise<readonly ListedSession[] | undefined>;

/** The sessions of a user cannot be read now. */
export class ListUnavailable extends Error {
  override readonly name = 'ListUnavailable';
}

/** `GET /v1/user-sessions?user=…`: where a user is signed in. */
export async function sessionsPage(list: ListSessions, query: URLSearchParams): Promise<Said> {
  try {
    const sessions = await list(query.get('user') ?? '');
    if (sessions !== undefined) return json(200, { sessions });
    return problem(400, {
      code: 'invalid_request',
      title: 'The request is not what it must be',
      detail: 'user is <source>:<subject>, such as demo:alice, of a source that is set here',
      field: 'user',
    });
  } catch (error) {
    if (error instanceof ListUnavailable)
      return problem(503, { code: 'store_unavailable', title: 'The store does not answer' });
    throw error;
  }
}
