import type { IncomingHttpHeaders } from 'node:http';
import type { Origins } from './origins.ts';
import { originOf } from './request-site.ts';

/** The CORS headers of an answer to a request that may come across origins: exactly one origin, never credentials. */
export function answerHeaders(
  headers: IncomingHttpHeaders,
  origins: Origins,
): readonly (readonly [string, string])[] {
  const origin = originOf(headers);
  if (origin === undefined || !origins.isClients(origin)) return VARY;
  return [...VARY, ['Access-Control-Allow-Origin', origin], EXPOSED];
}

/** The CORS headers of a preflight's answer; none where the origin is nobody's. */
export function preflightHeaders(
  headers: IncomingHttpHeaders,
  origins: Origins,
  methods: readonly string[],
): Record<string, string> {
  const origin = originOf(headers);
  if (origin === undefined || !origins.isClients(origin)) return { Vary: 'Origin' };
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Allow-Headers': ALLOWED,
    'Access-Control-Max-Age': '600',
  };
}

const VARY: readonly (readonly [string, string])[] = [['Vary', 'Origin']];
const EXPOSED = [
  'Access-Control-Expose-Headers',
  'DPoP-Nonce, ETag, Location, Retry-After, Scangate-Cursor, WWW-Authenticate',
] as const;
const ALLOWED =
  'Authorization, Content-Type, Accept, Cache-Control, DPoP, Idempotency-Key, If-None-Match, Last-Event-ID';
