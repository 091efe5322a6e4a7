import type { IncomingHttpHeaders } from 'node:http';

/** Which pages may ask. Origins as RFC 6454 section 6 writes them: scheme, host, and a port that is not the default. */
export interface Origins {
  /** The gateway's own. */
  readonly own: string;
  /** Whether any client registered a redirect address of this origin. */
  isRegistered(origin: string): boolean;
}

/**
 * Whether a page may open a socket, before anyone has looked at the ticket. By cookie only the gateway's own pages; by
 * bearer those of registered clients too, and programs, which send no origin.
 */
export function mayOpenSocket(
  origins: Origins,
  by: 'cookie' | 'bearer',
  headers: IncomingHttpHeaders,
): boolean {
  const { origin } = headers;
  if (by === 'cookie') {
    return origin === undefined ? headers['sec-fetch-site'] === 'same-origin' : origin === origins.own;
  }
  return origin === undefined || origin === origins.own || origins.isRegistered(origin);
}
