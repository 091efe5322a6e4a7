import type { PageSessions } from '../../phone/page-session.ts';
import type { User } from '../../ticket/events.ts';
import { hostCookie, setCookie } from './credentials.ts';

/** The name of the cookie that holds the approval page's own session. @param secure whether it goes over HTTPS only. */
export function pageCookieName(secure: boolean): string {
  return hostCookie('scangate_phone', secure);
}

/** The line that ends it in this browser. */
export function clearPageCookie(secure: boolean): string {
  return setCookie(pageCookieName(secure), '', { path: '/', secure, sameSite: 'Lax', maxAge: 0 });
}

/** The line that keeps a user who has just signed in on the approval page. */
export function setPageCookie(sessions: PageSessions, user: User, secure: boolean): string {
  return setCookie(pageCookieName(secure), sessions.issue(user), {
    path: '/',
    secure,
    sameSite: 'Lax',
    maxAge: Math.floor(sessions.lifeMs / 1000),
  });
}
