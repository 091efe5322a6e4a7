import type { Seal } from '../../secrets/seal.ts';
import { ScangateError } from '../../ticket/error.ts';
import { hostCookie, setCookie } from './credentials.ts';
import type { HostCookie } from './credentials.ts';

/** What a phone's browser keeps while its user signs in at a source. */
export interface Away {
  readonly source: string;
  readonly state: string;
  readonly returnTo: string;
  /** The ticket whose scan code it came with: that one is gone on with, even if its code has changed meanwhile. */
  readonly ticketId?: string;
  /** What the source's own sign-in wants back. */
  readonly kept: Readonly<Record<string, string>>;
}

/** The cookies in which it is kept, sealed: out of reach of scripts and of other sites. */
export interface AwayCookies {
  /** The line that keeps it. */
  set(away: Away): string;
  /** The line that ends it. */
  clear(source: string): string;
  /**
   * What this very browser kept.
   *
   * @throws ScangateError `invalid_request` where it kept nothing, for another sign-in, or too long ago.
   */
  read(
    request: { cookie(name: string): string | undefined },
    source: string,
    state: string | undefined,
  ): Away;
}

const LIFE_MS = 600_000;

/** @param issuer the public address without a trailing slash. @param now milliseconds since the epoch. */
export function awayCookies(seal: Seal, issuer: string, now: () => number): AwayCookies {
  const cookieAt = (source: string): HostCookie => hostCookie(`scangate_at_${source}`, issuer);
  const line = (source: string, value: string, lifeMs: number): string => {
    const { name, secure } = cookieAt(source);
    const maxAge = Math.floor(lifeMs / 1000);
    return setCookie(name, value, { path: '/', secure, sameSite: 'Lax', maxAge });
  };

  return {
    set: (away) => line(away.source, seal.seal(JSON.stringify({ ...away, until: now() + LIFE_MS })), LIFE_MS),
    clear: (source) => line(source, '', 0),
    read(request, source, state) {
      const text = seal.open(request.cookie(cookieAt(source).name) ?? '');
      const away = text === undefined ? undefined : (JSON.parse(text) as Away & { readonly until: number });
      if (away?.source === source && away.state === state && now() < away.until) return away;
      throw new ScangateError('invalid_request', {
        field: 'state',
        message: 'The sign-in was begun elsewhere or long ago.',
      });
    },
  };
}
