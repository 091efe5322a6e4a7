import type { IncomingHttpHeaders } from 'node:http';
import type { PhoneIdentities } from '../../phone/identities.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { User } from '../../ticket/events.ts';
import type { Origins } from './origins.ts';
import { pageCookieName } from './page-cookie.ts';
import { allows, fetchSite } from './request-site.ts';

/** What a request shows of the phone's user. */
export interface PhoneRequest {
  readonly bearer: string | undefined;
  readonly raw: IncomingHttpHeaders;
  cookie(name: string): string | undefined;
}

/** Finds out who holds the phone that a request comes from. */
export interface PhoneCaller {
  /** @throws ScangateError `phone_unknown`; PhoneSourceAway where the source cannot be asked. */
  user(request: PhoneRequest): Promise<User>;
  /** The user of the approval page's own session, for a page that is only shown. */
  pageUser(request: PhoneRequest): Promise<User | undefined>;
}

/** @param secure whether cookies go over HTTPS only. */
export function phoneCaller(phones: PhoneIdentities, origins: Origins, secure: boolean): PhoneCaller {
  const cookie = pageCookieName(secure);
  const mayUseCookie = ({ raw }: PhoneRequest): boolean => allows('cookie', fetchSite(raw, origins));

  return {
    async user(request) {
      const { bearer } = request;
      const pageSession = request.cookie(cookie);
      const user =
        bearer !== undefined
          ? await phones.identify({ bearer })
          : pageSession !== undefined && mayUseCookie(request)
            ? await phones.identify({ pageSession })
            : undefined;
      if (user === undefined) throw new ScangateError('phone_unknown');
      return user;
    },

    async pageUser(request) {
      const pageSession = request.cookie(cookie);
      return pageSession === undefined ? undefined : await phones.identify({ pageSession });
    },
  };
}
