import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hostNameOf, isLoopback } from '../config/host-name.ts';
import { bearerOf, cookieOf, setCookie } from '../http/caller/credentials.ts';
import { navigationSite, originOf } from '../http/caller/request-site.ts';

/** Who may ask the operators' server, and what. */
export interface AdmissionParts {
  /** What `Authorization: Bearer` must say; undefined: nothing, for whoever is on this machine. */
  readonly token: () => string | undefined;
  /** What only this process knows: it makes the cookies of those who gave the token on the page. */
  readonly cookieKey: Buffer;
  /** Milliseconds since the epoch. */
  readonly wallNow: () => number;
}

/** How long the page asks for the token no more, in milliseconds. */
const COOKIE_LIFE_MS = 12 * 3_600_000;
/** Cookies that are remembered as signed out; the oldest go first. */
const ENDED_MAX = 1000;

/**
 * Who may ask. With a token: who sends it, or the cookie that it was changed for. Without one, whoever is on this machine, by a
 * name of this machine, so that no page of another name reads what its owner lets lead here.
 */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #ended = new Set<string>();

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** Whether a token is needed at all. */
  get hasToken(): boolean {
    return this.#parts.token() !== undefined;
  }

  /** Whether this address may be asked for by this name. */
  isHere({ headers: { host = '' } }: IncomingMessage): boolean {
    return this.hasToken || isLoopback(hostNameOf(host.replace(/:\d*$/, '')));
  }

  /** Whether a request may be answered. */
  admits(req: IncomingMessage): boolean {
    const token = this.#parts.token();
    if (token === undefined) return this.isHere(req);
    return isSame(bearerOf(req.headers) ?? '', token) || this.#isCookie(req, token);
  }

  /** Whether a request without a cookie may be answered: one of a program. */
  admitsProgram(req: IncomingMessage): boolean {
    const token = this.#parts.token();
    return token === undefined ? this.isHere(req) : isSame(bearerOf(req.headers) ?? '', token);
  }

  /**
   * Whether the page itself makes a request, and no other that a browser shows. Browsers say so by `Sec-Fetch-Site`, over plain
   * HTTP from elsewhere by `Origin` alone.
   */
  isOwnPage({ headers }: IncomingMessage): boolean {
    const site = navigationSite(headers);
    if (site !== 'program') return site === 'own_page';
    const origin = originOf(headers);
    return origin !== undefined && URL.canParse(origin) && new URL(origin).host === headers.host;
  }

  /** The cookie for whoever gives the token; undefined for another. */
  cookieFor(given: string, req: IncomingMessage): string | undefined {
    const token = this.#parts.token();
    if (token === undefined || !isSame(given, token)) return undefined;
    const until = String(Math.floor(this.#parts.wallNow() + COOKIE_LIFE_MS));
    return cookieLine(req, `${until}.${this.#sealOf(until, token)}`, COOKIE_LIFE_MS / 1000);
  }

  /** Ends what a request's cookie opens, wherever it was copied to. @returns the cookie that takes it away. */
  signOut(req: IncomingMessage): string {
    const token = this.#parts.token();
    if (token !== undefined && this.#isCookie(req, token)) this.#ended.add(this.#cookieOf(req));
    const [oldest] = this.#ended;
    if (oldest !== undefined && this.#ended.size > ENDED_MAX) this.#ended.delete(oldest);
    return cookieLine(req, '', 0);
  }

  #isCookie(req: IncomingMessage, token: string): boolean {
    const cookie = this.#cookieOf(req);
    const [until = '', seal = '', ...more] = cookie.split('.');
    if (more.length > 0 || !isSame(seal, this.#sealOf(until, token))) return false;
    return Number(until) > this.#parts.wallNow() && !this.#ended.has(cookie);
  }

  #cookieOf(req: IncomingMessage): string {
    return cookieOf(req.headers, cookieName(req)) ?? '';
  }

  // Another token, and another process, makes others.
  #sealOf(until: string, token: string): string {
    return createHmac('sha256', this.#parts.cookieKey).update(`${until}\n${token}`).digest('base64url');
  }
}

function isSame(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}

// Cookies know no ports: another gateway of this machine has a page, too.
function cookieName({ socket }: IncomingMessage): string {
  return `scangate-operators-${socket.localPort ?? 0}`;
}

function cookieLine(req: IncomingMessage, value: string, maxAge: number): string {
  const secure = originOf(req.headers)?.startsWith('https:') ?? false;
  return setCookie(cookieName(req), value, { path: '/', secure, sameSite: 'Strict', maxAge });
}
