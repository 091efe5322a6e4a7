import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { PhoneIdentities } from '../../phone/identities.ts';
import type { NoteRefusal, PhoneUser } from '../../phone/phone-identity.ts';
import type { Log } from '../../telemetry/log.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { User } from '../../ticket/events.ts';
import { bearerOf, cookieOf } from './credentials.ts';
import type { Origins } from './origins.ts';
import { pageCookie } from './page-cookie.ts';
import type { PageEnds } from './page-ends.ts';
import { userDigest } from './user-digest.ts';
import { allows, fetchSite } from './request-site.ts';

/** What a request shows of the phone's user. */
export interface PhoneRequest {
  /** By which its lines in the log belong together. */
  readonly id: string;
  readonly bearer: string | undefined;
  readonly raw: IncomingHttpHeaders;
  cookie(name: string): string | undefined;
}

/** What a request that no route has read yet shows of the phone's user. */
export function phoneRequestOf({ headers: raw }: IncomingMessage, id: string): PhoneRequest {
  return { id, bearer: bearerOf(raw), raw, cookie: (name) => cookieOf(raw, name) };
}

/** Finds out who holds the phone that a request comes from. */
export interface PhoneCaller {
  /** @throws ScangateError `phone_unknown`; PhoneSourceAway where the source cannot be asked. */
  user(request: PhoneRequest): Promise<User>;
  /**
   * When that user last signed in at the source, in seconds since the epoch; undefined where the source does not say.
   *
   * @throws as {@link user} does.
   */
  authTime(request: PhoneRequest): Promise<number | undefined>;
  /** By what a limit counts the user; undefined where {@link user} rejects, whatever the reason. */
  key(request: PhoneRequest): Promise<string | undefined>;
  /** The user of the approval page's own session, for a page that is only shown. */
  pageUser(request: PhoneRequest): Promise<User | undefined>;
  /**
   * Who may end everything of theirs: as {@link user}, or by a page session that was ended itself. An ending that a failure cut short
   * has ended those already, and is to be repeated by the same page.
   *
   * @throws as {@link user} does.
   */
  endingUser(request: PhoneRequest): Promise<User>;
  /** The same for a form of the approval page, whose site was judged; undefined where it shows nobody's session. */
  endingPageUser(request: PhoneRequest): Promise<User | undefined>;
}

/** @param issuer the public address without a trailing slash. @param log is told at `debug` why a phone was refused. */
export function phoneCaller(
  phones: PhoneIdentities,
  ends: PageEnds,
  origins: Origins,
  issuer: string,
  log: Log,
): PhoneCaller {
  const { name: cookie } = pageCookie(issuer);
  const sealedUser = (request: PhoneRequest) => sealedUserOf(phones, request.cookie(cookie));
  // Limits ask before the route does, of the same request.
  const asked = new WeakMap<IncomingHttpHeaders, Promise<PhoneUser>>();

  async function pageUserOf(
    pageSession: string,
    note: NoteRefusal | undefined,
  ): Promise<PhoneUser | undefined> {
    const user = await phones.identify({ pageSession }, note);
    if (user === undefined || !(await ends.isOver(user, pageSession))) return user;
    note?.('the page session was ended');
    return undefined;
  }

  async function identified(
    request: PhoneRequest,
    note: NoteRefusal | undefined,
  ): Promise<PhoneUser | undefined> {
    const { bearer, raw } = request;
    if (bearer !== undefined) return await phones.identify({ bearer }, note);
    const pageSession = request.cookie(cookie);
    const site = fetchSite(raw, origins);
    if (pageSession === undefined) note?.('no credential');
    else if (!allows('cookie', site)) note?.(`a page session, but from a site of the kind ${site}`);
    else return await pageUserOf(pageSession, note);
    return undefined;
  }

  async function found(request: PhoneRequest): Promise<PhoneUser> {
    const why: string[] | undefined = log.isLevelEnabled('debug') ? [] : undefined;
    const user = await identified(request, why && ((reason) => void why.push(reason)));
    if (user !== undefined) return user;
    if (why !== undefined) log.debug({ req: request.id, why }, 'a phone was refused');
    throw new ScangateError('phone_unknown');
  }

  function once(request: PhoneRequest): Promise<PhoneUser> {
    const known = asked.get(request.raw) ?? found(request);
    asked.set(request.raw, known);
    return known;
  }

  return {
    user: async (request) => signedIn(await once(request)),

    authTime: async (request) => (await once(request)).auth_time,

    key: (request) => once(request).then(userDigest, () => undefined),

    async endingUser(request) {
      const isPage = request.bearer === undefined && allows('cookie', fetchSite(request.raw, origins));
      return (isPage ? await sealedUser(request) : undefined) ?? signedIn(await once(request));
    },

    endingPageUser: sealedUser,

    async pageUser(request) {
      const pageSession = request.cookie(cookie);
      return pageSession === undefined ? undefined : await pageUserOf(pageSession, undefined);
    },
  };
}

async function sealedUserOf(
  phones: PhoneIdentities,
  pageSession: string | undefined,
): Promise<User | undefined> {
  const user = pageSession === undefined ? undefined : await phones.identify({ pageSession }, undefined);
  return user && signedIn(user);
}

function signedIn({ auth_time: _authTime, ...user }: PhoneUser): User {
  return user;
}
