import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { TicketCommands } from '../../command/ticket-commands.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import { checkedOf, needsSeal } from '../../oauth/authorization/carried-request.ts';
import type { CarriedRequests } from '../../oauth/authorization/carried-request.ts';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import { ScangateError } from '../../ticket/error.ts';
import { FORM_PAGE } from '../answer/security-headers.ts';
import type { BrowserGate } from '../caller/browser-gate.ts';
import { looksOf } from '../pages/client-looks.ts';
import { preferring } from '../pages/language.ts';
import type { Pages } from '../pages/pages.ts';
import { plainUrl, signInPage } from '../pages/sign-in-page.ts';
import { setCookie } from '../caller/credentials.ts';
import { allows, navigationSite } from '../caller/request-site.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { ticketParams } from '../request/schemas.ts';
import type { KnownBrowsers } from '../tickets/known-browsers.ts';
import { boundTo, mintMembers } from '../tickets/minting.ts';
import type { MintMembers, Minting } from '../tickets/minting.ts';
import type { OpenTicket } from '../tickets/opened-ticket.ts';
import type { TicketPresenter } from '../tickets/presenter.ts';
import { ticketCookie } from '../tickets/ticket-cookie.ts';
import type { TicketCookieParts } from '../tickets/ticket-cookie.ts';
import { qrSvg } from './qr-codes.ts';
import { VERIFIER_COOKIE } from './demo-callback.ts';

export interface SignInRouteParts extends TicketCookieParts {
  readonly commands: TicketCommands;
  readonly clients: ClientRegistry;
  readonly gate: BrowserGate;
  readonly minting: Minting;
  readonly presenter: TicketPresenter;
  readonly pages: Pages;
  /** Makes a PKCE verifier for the demo client's sign-in without JavaScript. */
  readonly makeVerifier: () => string;
  readonly carried: CarriedRequests;
  /** Whether the API is readable at `/docs`. */
  readonly hasDocs: boolean;
  readonly knownBrowsers: KnownBrowsers;
  readonly openTicket: OpenTicket;
}

/** The languages that an authorization request wished for, as every page of its sign-in carries them on. */
const languages = { ui_locales: z.string().max(512).optional() } as const;

const page = { 200: { description: 'A page.', type: 'text/html' } };

/** `GET /`. */
export function signInPageRoute({ clients, pages, issuer, hasDocs }: SignInRouteParts): Route {
  return route({
    method: 'get',
    path: '/',
    errors: 'page',
    link: true,
    operation: {
      id: 'getSignInPage',
      summary: 'A sign-in page that works, the demo client’s',
      tags: ['running'],
      answers: {
        ...page,
        302: {
          description: 'There is no demo client, but the API is readable: on to `/docs`.',
          headers: { Location: '`/docs`' },
        },
      },
      refusals: ['not_found'],
    },
    handle: (request) => {
      const client = clients.find('demo');
      if (client !== undefined) return signInPage(pages, request.raw, client, demoAsks(issuer));
      if (!hasDocs) throw new ScangateError('not_found');
      return { status: 302, headers: { Location: '/docs' } };
    },
  });
}

/** `GET /plain`: mints for a browser without JavaScript. */
export function plainSignInRoute(parts: SignInRouteParts): Route {
  const { minting, pages, issuer, carried } = parts;
  return route({
    method: 'get',
    path: '/plain',
    errors: 'page',
    link: true,
    limit: 'mints',
    opened: true,
    hidden: true,
    operation: {
      id: 'signInPlain',
      summary: 'Sign in without JavaScript',
      tags: ['browser'],
      query: mintMembers.extend(languages),
      answers: { 303: { description: 'To the page of a new ticket.' } },
    },
    handle: async (request) => {
      const { asked, verifier } = askedPlainly(parts, request.query);
      await parts.clients.learn(asked.client_id);
      const may = minting.check(asked, 'cookie');
      const { view, cookie } = await parts.openTicket(boundTo(may, asked.dpop_jkt), request);
      const { ui_locales: uiLocales } = request.query;
      const address = `/v1/tickets/${view.ticketId}/page${wishOf(uiLocales)}`;
      const cookies = [
        ticketCookie(parts, view),
        ...(cookie === undefined ? [] : [cookie]),
        ...(verifier === undefined ? [] : [verifierCookie(verifier, issuer)]),
      ];
      if (allows('keep_cookie_on_redirect', navigationSite(request.raw)))
        return { status: 303, headers: { Location: address, 'Set-Cookie': cookies } };
      // After a redirect from another site the cookie would stay at home; after this page of ours it does not.
      const onward = pages.show('sign-in-plain', preferring(uiLocales, request.raw), {
        ...plainValues(undefined, may.client.client_name, carried),
        ...looksOf(may.client),
        redirect_to: address,
      });
      return { ...onward, headers: { ...onward.headers, 'Set-Cookie': cookies } };
    },
  });
}

/** `GET /v1/tickets/{id}/page`: a ticket as a page that reloads itself. */
export function ticketPageRoute(parts: SignInRouteParts): Route {
  const { commands, clients, gate, pages, presenter, carried } = parts;
  return route({
    method: 'get',
    path: '/v1/tickets/:id/page',
    errors: 'page',
    link: true,
    hidden: true,
    operation: {
      id: 'getTicketPage',
      summary: 'A ticket as a page that reloads itself',
      tags: ['browser'],
      security: ['browserCookie'],
      params: ticketParams,
      query: z.object(languages),
      answers: page,
      refusals: ['not_found', 'store_unavailable', 'not_replicated', 'newer_schema'],
    },
    handle: async (request) => {
      const claim = gate.claim(request.params.id, request.raw, true);
      if (claim.binding !== 'cookie') throw new ScangateError('not_found');
      const view = await commands.look(request.params.id, gate.guard(claim));
      const { minted } = view.ticket;
      const client = clients.find(minted.client_id);
      const mustPush = client?.require_pushed_authorization_requests === true;
      const shown = { view, presenter, mustPush };
      const values = plainValues(shown, client?.client_name ?? minted.client_id, carried);
      const { ui_locales: uiLocales } = request.query;
      const headers = preferring(uiLocales, request.raw);
      const scanner = values['scanner'] ?? pages.texts(headers)['t.plain_somebody'];
      const onward = {
        page_url: `${values['page_url']}${wishOf(uiLocales)}`,
        again_url: `${values['again_url']}${wishOf(uiLocales, '&')}`,
      };
      const shownPage = pages.show('sign-in-plain', headers, {
        ...values,
        ...onward,
        ...looksOf(client),
        scanner,
      });
      return { ...shownPage, headers: { ...shownPage.headers, ...FORM_PAGE } };
    },
  });
}

/** `POST /v1/tickets/{id}/page`: what the browser says of who signs in, from the form of that page. */
export function answerTicketPageRoute({ commands, gate, knownBrowsers }: SignInRouteParts): Route {
  return route({
    method: 'post',
    path: '/v1/tickets/:id/page',
    errors: 'page',
    hidden: true,
    operation: {
      id: 'answerTicketPage',
      summary: 'Say on the page whether that is me',
      tags: ['browser'],
      security: ['browserCookie'],
      params: ticketParams,
      query: z.object(languages),
      body: { type: 'form', schema: z.object({ answer: z.enum(['me', 'not_me']) }) },
      answers: { 303: { description: 'Back to the page of the ticket.' } },
      refusals: ['not_found', ...OVER, 'store_unavailable', 'not_replicated', 'newer_schema'],
    },
    handle: async ({ params: { id }, query, raw, body: { answer } }) => {
      const claim = gate.formClaim(id, raw);
      const type = answer === 'me' ? 'accept' : 'cancel';
      try {
        await knownBrowsers.noteWaiting((await commands.run(id, { type }, gate.guard(claim))).ticket);
      } catch (error) {
        // It came to an end meanwhile: the page says which.
        if (!(error instanceof ScangateError) || !(OVER as readonly string[]).includes(error.code))
          throw error;
      }
      return { status: 303, headers: { Location: `/v1/tickets/${id}/page${wishOf(query.ui_locales)}` } };
    },
  });
}

const OVER = [
  'already_confirmed',
  'already_denied',
  'already_cancelled',
  'already_redeemed',
  'expired',
] as const;

/** The wished languages at the end of an address. */
function wishOf(uiLocales: string | undefined, sign: '?' | '&' = '?'): string {
  return uiLocales === undefined ? '' : `${sign}ui_locales=${encodeURIComponent(uiLocales)}`;
}

function demoAsks(issuer: string): MintMembers {
  return { client_id: 'demo', redirect_uri: `${issuer}/demo/callback`, scope: 'openid profile' };
}

/** What a ticket is minted for. The demo client has no script here to make a challenge, so the gateway does. */
function askedPlainly(
  { issuer, makeVerifier }: SignInRouteParts,
  query: MintMembers,
): { readonly asked: MintMembers; readonly verifier: string | undefined } {
  if (query.client_id !== 'demo' || query.code_challenge !== undefined)
    return { asked: query, verifier: undefined };
  const verifier = makeVerifier();
  const challenge = { code_challenge: challengeOf(verifier), code_challenge_method: 'S256' } as const;
  return { asked: { ...demoAsks(issuer), ...challenge }, verifier };
}

function plainValues(
  shown:
    | { readonly view: TicketView; readonly presenter: TicketPresenter; readonly mustPush: boolean }
    | undefined,
  clientName: string,
  carried: CarriedRequests,
): Readonly<Record<string, string | boolean | undefined>> {
  const status = shown?.view.ticket.status;
  const notice = shown?.presenter.notice(shown.view, false);
  const result = notice?.result;
  const refused = result !== undefined && 'error' in result;
  return {
    client_name: clientName,
    waiting: status === 'pending' || status === 'scanned',
    asking: notice?.ask,
    second_phone: notice?.second_phone,
    scanner: notice?.scanner?.name,
    page_url: shown === undefined ? undefined : `/v1/tickets/${shown.view.ticketId}/page`,
    pending: status === 'pending',
    scanned: status === 'scanned',
    confirmed: (status === 'confirmed' || status === 'redeemed') && notice?.ask !== true,
    denied: status === 'denied' && notice?.reason !== 'risk',
    refused: status === 'denied' && notice?.reason === 'risk',
    expired: status === 'expired',
    cancelled: status === 'cancelled',
    number: notice?.number,
    scan_url: notice?.scan?.url,
    qr_url: notice?.scan === undefined ? undefined : dataUrl(qrSvg(notice.scan.url)),
    redirect_to: refused ? undefined : result?.redirect_to,
    // The demo client's page has nothing to say of it that this one does not.
    back_to: refused && shown?.view.ticket.minted.client_id !== 'demo' ? result.redirect_to : undefined,
    again_url: shown === undefined ? '/' : againUrl(shown.view, shown.mustPush, carried),
  };
}

function againUrl({ ticket: { minted } }: TicketView, mustPush: boolean, carried: CarriedRequests): string {
  if (minted.client_id === 'demo') return '/plain?client_id=demo';
  const { client_id, redirect_uri, state, nonce, code_challenge } = minted;
  const open = { client_id, redirect_uri, state, nonce, code_challenge, scope: minted.scope.join(' ') };
  const checked = checkedOf(minted, mustPush);
  return plainUrl(needsSeal(open, checked) ? { ...open, request: carried.seal(open, checked) } : open);
}

function dataUrl(svg: string): string {
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

function verifierCookie(verifier: string, issuer: string): string {
  return setCookie(VERIFIER_COOKIE, verifier, {
    path: '/demo/callback',
    secure: issuer.startsWith('https:'),
    sameSite: 'Strict',
    maxAge: 600,
  });
}
