import type { IncomingHttpHeaders } from 'node:http';
import type { Origins } from './origins.ts';

/**
 * Whose page made a request, as its headers say. Browsers write `Origin` (RFC 6454 §7) and `Sec-Fetch-Site` (W3C Fetch
 * Metadata §2.3) and let no page change them; a program may write anything, and holds no cookie of anyone's.
 *
 * - `own_page`: one of ours.
 * - `own_navigation`: nobody's page: an address that was typed, a bookmark, a QR code.
 * - `program`: nothing is said. Programs say nothing, and so do browsers from before these headers.
 * - `same_site`: a page of another host of our domain, which does not tell its origin.
 * - `cross_site`: a page of another site, which does not tell its origin.
 * - `unclear`: no origin, and a fetch site that the standard does not know.
 * - `relayed`: our own origin, but another site was on the way.
 * - `client_page`: a page of a registered client's origin. Whether it is the right client's is still to be asked.
 * - `foreign`: a page of an origin that nobody has registered, or of an opaque one.
 */
export type RequestSite =
  | 'own_page'
  | 'own_navigation'
  | 'program'
  | 'same_site'
  | 'cross_site'
  | 'unclear'
  | 'relayed'
  | 'client_page'
  | 'foreign';

/** What a request may do or not, by the site that made it. */
export type SiteRule =
  /** What a cookie proves: browsers send it along with whatever any page asks for. */
  | 'cookie'
  /** What a bearer proves: a page has one only if it was handed one. */
  | 'bearer'
  | 'mint_by_cookie'
  | 'mint_by_bearer'
  /** Before the ticket is looked at. `cookie` is asked as well, and is answered by a close code. */
  | 'socket_by_cookie'
  | 'open_ticket_page'
  | 'sign_in_by_form'
  /** Whether a `SameSite=Strict` cookie that comes with a redirect goes along to where it leads. */
  | 'keep_cookie_on_redirect';

const ALLOWED: Readonly<Record<SiteRule, readonly RequestSite[]>> = {
  cookie: ['own_page'],
  bearer: [
    'own_page',
    'own_navigation',
    'program',
    'same_site',
    'cross_site',
    'unclear',
    'relayed',
    'client_page',
  ],
  mint_by_cookie: ['own_page', 'own_navigation', 'program', 'relayed'],
  mint_by_bearer: ['own_page', 'own_navigation', 'program', 'relayed', 'client_page'],
  socket_by_cookie: ['own_page', 'relayed'],
  open_ticket_page: ['own_page', 'own_navigation', 'program', 'same_site'],
  sign_in_by_form: ['own_page', 'own_navigation', 'program', 'unclear'],
  keep_cookie_on_redirect: ['own_page', 'own_navigation', 'program', 'same_site', 'unclear'],
};

/** Whether a rule lets a site. */
export function allows(rule: SiteRule, site: RequestSite): boolean {
  return ALLOWED[rule].includes(site);
}

/** The site of what a page fetches. */
export function fetchSite(headers: IncomingHttpHeaders, origins: Origins): RequestSite {
  const origin = originOf(headers);
  if (origin === undefined) return navigationSite(headers);
  if (origins.isOwn(origin, headers.host)) return unlessRelayed(headers);
  return origins.isClients(origin) ? 'client_page' : 'foreign';
}

/** The site of a socket's handshake. No preflight guards it, so only the public address is our own, whatever `Host` says. */
export function socketSite(headers: IncomingHttpHeaders, origins: Origins): RequestSite {
  const origin = originOf(headers);
  if (origin === undefined) return navigationSite(headers);
  if (origins.isPublic(origin)) return unlessRelayed(headers);
  return origins.isClients(origin) ? 'client_page' : 'foreign';
}

/** The site of what is opened as a page, by a link or a form: browsers tell its origin with some forms only. */
export function navigationSite({ 'sec-fetch-site': site }: IncomingHttpHeaders): RequestSite {
  switch (site) {
    case undefined:
      return 'program';
    case 'same-origin':
      return 'own_page';
    case 'none':
      return 'own_navigation';
    case 'same-site':
      return 'same_site';
    case 'cross-site':
      return 'cross_site';
    default:
      return 'unclear';
  }
}

/**
 * The site of a form that changes something for the holder of a cookie. `Origin` has the last word where it names one; `null` is
 * also what pages without a referrer send, ours among them, and then the fetch site must say that the page is ours.
 */
export function formSite(headers: IncomingHttpHeaders, origins: Origins): RequestSite {
  const [origin, site] = [originOf(headers), navigationSite(headers)];
  return origin === 'null' && site === 'own_page' ? site : fetchSite(headers, origins);
}

/** Whether a browser opens this as a page of its own, for somebody who looks; one that says nothing is believed. */
export function isOpened(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-dest': dest = 'document' } = headers;
  const ahead = headers['sec-purpose'] ?? headers['purpose'] ?? '';
  return dest === 'document' && !/prefetch|prerender|preview/i.test(String(ahead));
}

/** The origin of the page that asks (RFC 6454 §7): for CORS headers, and to hold a `client_page` against its client. */
export function originOf({ origin }: IncomingHttpHeaders): string | undefined {
  return origin;
}

// Every hop of a redirect counts for the fetch site, the last one alone for the origin.
function unlessRelayed({ 'sec-fetch-site': site }: IncomingHttpHeaders): RequestSite {
  return site === 'cross-site' ? 'relayed' : 'own_page';
}
