import { isCursor } from '../../ticket/cursor.ts';
import type { Cursor } from '../../ticket/cursor.ts';
import { ScangateError } from '../../ticket/error.ts';

/**
 * The cursor that a request names: `Last-Event-ID`, else `?after=`, else `?lastEventId=`, which event-source-polyfill sends
 * in place of the header. An empty header counts as none, and so does an empty `lastEventId`.
 *
 * @throws ScangateError `invalid_request` for a text that is no cursor. The text itself is never repeated.
 */
export function askedCursor(
  lastEventId: string | readonly string[] | undefined,
  after: string | undefined,
  lastEventIdInQuery?: string,
): Cursor | undefined {
  if (lastEventId !== undefined && lastEventId !== '') return checked('Last-Event-ID', lastEventId);
  if (after !== undefined) return checked('after', after);
  if (lastEventIdInQuery === undefined || lastEventIdInQuery === '') return undefined;
  return checked('lastEventId', lastEventIdInQuery);
}

function checked(field: string, text: string | readonly string[]): Cursor {
  if (typeof text === 'string' && isCursor(text)) return text;
  throw new ScangateError('invalid_request', { field, message: `${field} is not a cursor.` });
}
