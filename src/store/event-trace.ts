import type { Append } from './event-store.ts';
import { TEXT_BYTES_MAX } from './event-store.ts';

/**
 * Who wrote an event, as a `traceparent` that stands last in its data, so that another node's spans can follow from the
 * append's. It is no part of what happened: {@link withoutTrace} takes it away before anything is folded, told or kept.
 */
const MEMBER = 'traceparent';

/** `"traceparent":"…"}` with the 55 characters of W3C Trace Context §3.2, and what a log entry has behind its data. */
const TAIL = /"traceparent":"(00-[\da-f]{32}-[\da-f]{16}-[\da-f]{2})"\}\]$/;
const TAIL_LENGTH = `"${MEMBER}":""}]`.length + 55;

/** What a trace may add to an event's data, in bytes. */
const ADDED_BYTES_MAX = 80;

/** What a UTF-16 unit takes at most in UTF-8. */
const UNIT_BYTES_MAX = 3;

/** The same append with its trace. One whose data is a row, as a minted ticket's is, or near its bound stays as it is. */
export function withTrace(append: Append, traceparent: string): Append {
  const { data } = append.event;
  const isLong = data.length * UNIT_BYTES_MAX + ADDED_BYTES_MAX > TEXT_BYTES_MAX;
  if (!data.startsWith('{') || isLong) return append;
  const comma = data === '{}' ? '' : ',';
  return {
    ...append,
    event: { ...append.event, data: `${data.slice(0, -1)}${comma}"${MEMBER}":"${traceparent}"}` },
  };
}

/** The trace in the text of a log entry; undefined for none. */
export function traceOfEntry(text: string): string | undefined {
  if (!text.startsWith(`"${MEMBER}":"`, text.length - TAIL_LENGTH)) return undefined;
  return TAIL.exec(text)?.[1];
}

/** An event's data without its trace. */
export function withoutTrace(data: Record<string, unknown>): Record<string, unknown> {
  if (data[MEMBER] === undefined) return data;
  const { [MEMBER]: _trace, ...rest } = data;
  return rest;
}
