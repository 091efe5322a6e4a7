import type { SpanContext } from '@opentelemetry/api';

const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:$|-)/;

/**
 * The trace that a `traceparent` header names (W3C Trace Context §3.2), 32 hexadecimal digits; undefined for none, and for
 * one that is not as it must be.
 */
export function traceIdIn(header: string | readonly string[] | undefined): string | undefined {
  return spanContextIn(header)?.traceId;
}

/** The span that a `traceparent` names, which is somebody else's; undefined as for {@link traceIdIn}. */
export function spanContextIn(header: string | readonly string[] | undefined): SpanContext | undefined {
  if (typeof header !== 'string') return undefined;
  const [, traceId, spanId, flags] = TRACEPARENT.exec(header) ?? [];
  // Of version 00 nothing may follow.
  if (traceId === undefined || spanId === undefined || (header.startsWith('00') && header.length !== LENGTH))
    return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16) & SAMPLED, isRemote: true };
}

/** Names a span to others: a `traceparent` of version 00. Undefined for one that is not sampled: nobody will look for it. */
export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string | undefined {
  return (traceFlags & SAMPLED) === 0 ? undefined : `00-${traceId}-${spanId}-01`;
}

const LENGTH = 55;
/** The one flag that W3C Trace Context §3.2.2.5 gives a meaning. */
const SAMPLED = 1;
