import type { PageSessions } from '../../phone/page-session.ts';
import type { User } from '../../ticket/events.ts';
import { hostCookie, setCookie } from './credentials.ts';
import type { HostCookie } from './credentials.ts';
import type { PageEnds } from './page-ends.ts';

/** The cookie that holds the approval page's own session. @param issuer the public address without a trailing slash. */
export function pageCookie(issuer: string): HostCookie {
  return hostCookie('scangate_phone', issuer);
}

/** The line that ends it in this browser. */
export function clearPageCookie(issuer: string): string {
  const { name, secure } = pageCookie(issuer);
  return setCookie(name, '', { path: '/', secure, sameSite: 'Lax', maxAge: 0 });
}

/** What makes a session of the approval page that can be ended. */
export interface PageCookieParts {
  readonly pageSessions: PageSessions;
  readonly pageEnds: Pick<PageEnds, 'round'>;
  /** The public address without a trailing slash. */
  readonly issuer: string;
}

/** The line that keeps a user who has just signed in on the approval page. */
export async function setPageCookie(
  { pageSessions: sessions, pageEnds, issuer }: PageCookieParts,
  user: User,
): Promise<string> {
  const value = sessions.issue(user, await pageEnds.round(user));
  const { name, secure } = pageCookie(issuer);
  return setCookie(name, value, {
    path: '/',
    secure,
    sameSite: 'Lax',
    maxAge: Math.floor(sessions.lifeMs / 1000),
  });
}
