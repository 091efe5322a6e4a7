import type { PageSessions } from '../../phone/page-session.ts';
import type { User } from '../../ticket/events.ts';
import { hostCookie, setCookie } from './credentials.ts';
import type { PageEnds } from './page-ends.ts';

/** The name of the cookie that holds the approval page's own session. @param secure whether it goes over HTTPS only. */
export function pageCookieName(secure: boolean): string {
  return hostCookie('scangate_phone', secure);
}

/** The line that ends it in this browser. */
export function clearPageCookie(secure: boolean): string {
  return setCookie(pageCookieName(secure), '', { path: '/', secure, sameSite: 'Lax', maxAge: 0 });
}

/** What makes a session of the approval page that can be ended. */
export interface PageCookieParts {
  readonly pageSessions: PageSessions;
  readonly pageEnds: Pick<PageEnds, 'round'>;
}

/** The line that keeps a user who has just signed in on the approval page. */
export async function setPageCookie(
  { pageSessions: sessions, pageEnds }: PageCookieParts,
  user: User,
  secure: boolean,
): Promise<string> {
  const value = sessions.issue(user, await pageEnds.round(user));
  return setCookie(pageCookieName(secure), value, {
    path: '/',
    secure,
    sameSite: 'Lax',
    maxAge: Math.floor(sessions.lifeMs / 1000),
  });
}
