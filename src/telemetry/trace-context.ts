const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:$|-)/;

/**
 * The trace that a `traceparent` header names (W3C Trace Context §3.2), 32 hexadecimal digits; undefined for none, and for
 * one that is not as it must be.
 */
export function traceIdIn(header: string | readonly string[] | undefined): string | undefined {
  if (typeof header !== 'string') return undefined;
  const traceId = TRACEPARENT.exec(header)?.[1];
  // Of version 00 nothing may follow.
  return header.startsWith('00') && header.length !== LENGTH ? undefined : traceId;
}

const LENGTH = 55;
