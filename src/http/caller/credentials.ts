import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ShownToken } from '../../oauth/tokens/access.ts';

/** The value of `Authorization: Bearer` (RFC 6750 §2.1); undefined without one. */
export function bearerOf(headers: IncomingHttpHeaders): string | undefined {
  return headers.authorization === undefined
    ? undefined
    : /^bearer +([^ \t](?:.*[^ \t])?)[ \t]*$/i.exec(headers.authorization)?.[1];
}

/** The DPoP proof of a request (RFC 9449 §4.1). Two of them come as one text, which is none. */
export function proofOf({ dpop }: IncomingHttpHeaders): string | undefined {
  return typeof dpop === 'string' ? dpop : undefined;
}

/** The access token of a request, by `Authorization: Bearer` or `DPoP` (RFC 9449 §7.1); undefined without one. */
export function shownToken(headers: IncomingHttpHeaders): ShownToken | undefined {
  const [, scheme = '', token] = /^(bearer|dpop) +(\S(?:.*\S)?) *$/i.exec(headers.authorization ?? '') ?? [];
  if (token === undefined) return undefined;
  return { token, scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', proof: proofOf(headers) };
}

/** A cookie's value as it came; of several of one name the first. */
export function cookieOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const { cookie } = headers;
  if (cookie === undefined) return undefined;
  for (const pair of cookie.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/** What a cookie says besides its name and value. */
export interface CookieScope {
  readonly path: string;
  /** Whether it goes over HTTPS only. */
  readonly secure: boolean;
  readonly sameSite: 'Strict' | 'Lax';
  /** Seconds; 0 deletes it. */
  readonly maxAge: number;
}

/** A cookie of the gateway as a whole: how it is named, and whether it goes over HTTPS only. */
export interface HostCookie {
  readonly name: string;
  readonly secure: boolean;
}

/** 48 bits tell the paths of one host apart. */
const PATH_MARK_LENGTH = 8;

/**
 * A cookie that says who someone is. Over HTTPS its name is one that browsers take from this very host alone, with the path
 * `/`: no other host of the domain can put a cookie of its own in the place of ours (RFC 6265bis §4.1.3.2). Where the public
 * address has a path, a mark of it ends the name, so that gateways below several paths of one host do not meet.
 *
 * @param issuer the public address without a trailing slash.
 */
export function hostCookie(name: string, issuer: string): HostCookie {
  const { protocol, pathname } = new URL(issuer);
  if (protocol !== 'https:') return { name, secure: false };
  if (pathname === '/') return { name: `__Host-${name}`, secure: true };
  const mark = createHash('sha256').update(pathname).digest('base64url').slice(0, PATH_MARK_LENGTH);
  return { name: `__Host-${name}_${mark}`, secure: true };
}

/** A `Set-Cookie` line (RFC 6265 §4.1) that no script may read. */
export function setCookie(name: string, value: string, scope: CookieScope): string {
  const secure = scope.secure ? '; Secure' : '';
  return `${name}=${value}; Path=${scope.path}; Max-Age=${scope.maxAge}; HttpOnly; SameSite=${scope.sameSite}${secure}`;
}
