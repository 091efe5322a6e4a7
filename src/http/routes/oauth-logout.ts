import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { openedOf } from '../../command/session-view.ts';
import type { SessionView } from '../../command/session-view.ts';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import type { EndSessionEndpoint, EndSessionRequest } from '../../oauth/logout/end-session.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { Answer } from '../answer/answer.ts';
import { FORM_PAGE } from '../answer/security-headers.ts';
import type { Origins } from '../caller/origins.ts';
import { allows, formSite } from '../caller/request-site.ts';
import { preferring } from '../pages/language.ts';
import type { Pages } from '../pages/pages.ts';
import { escapeHtml } from '../pages/template.ts';
import type { Values } from '../pages/template.ts';
import { route } from '../request/route.ts';
import type { Route, RouteRequest } from '../request/route.ts';
import type { KnownBrowsers } from '../tickets/known-browsers.ts';
import { NO_STORE } from './oauth-token.ts';

export interface LogoutRouteParts {
  readonly oauth: { readonly endSession: EndSessionEndpoint };
  readonly pages: Pages;
  readonly clients: ClientRegistry;
  readonly origins: Origins;
  readonly knownBrowsers: KnownBrowsers;
}

const request = z.object({
  id_token_hint: z.string().max(8192).optional(),
  logout_hint: z.string().max(2000).optional(),
  client_id: z.string().max(200).optional(),
  post_logout_redirect_uri: z.string().max(2000).optional(),
  state: z.string().max(4096).optional(),
  ui_locales: z.string().max(512).optional(),
});

const common = { path: '/oauth/logout', errors: 'page' } as const;
const operation = {
  summary: 'Sign out, from the application',
  description:
    'RP-Initiated Logout 1.0. An `id_token_hint`, outdated or not, ends the one session that it names. Without one a page ' +
    'asks about those that were opened in this browser, and nobody is redirected.',
  tags: ['oauth'],
  answers: {
    200: { description: 'A page that says what happened.', type: 'text/html' },
    303: {
      description: 'Back to a registered `post_logout_redirect_uri`.',
      headers: { Location: 'Where to' },
    },
  },
  refusals: ['store_unavailable', 'not_replicated', 'newer_schema'],
} as const;

/** `GET /oauth/logout`: by navigation of the whole page. */
export function logoutRoute(parts: LogoutRouteParts): Route {
  return route({
    ...common,
    method: 'get',
    operation: { ...operation, id: 'logout', query: request },
    handle: async (request) => {
      const dest = request.raw['sec-fetch-dest'];
      if (dest !== undefined && dest !== 'document')
        throw new ScangateError('invalid_request', {
          field: 'Sec-Fetch-Dest',
          message: 'It is no navigation.',
        });
      return await logoutAnswer(parts, request.query, request);
    },
  });
}

/** `POST /oauth/logout`. */
export function logoutByPostRoute(parts: LogoutRouteParts): Route {
  return route({
    ...common,
    method: 'post',
    operation: { ...operation, id: 'logoutByPost', body: { type: 'form', schema: request } },
    handle: (request) => logoutAnswer(parts, request.body, request),
  });
}

const answered = z.object({ sids: z.string().max(4000) });

/** `POST /oauth/logout/sessions`: yes, from the form of that page. */
export function logoutAskedRoute({ oauth, origins, pages, knownBrowsers }: LogoutRouteParts): Route {
  return route({
    method: 'post',
    path: '/oauth/logout/sessions',
    errors: 'page',
    hidden: true,
    operation: {
      id: 'logoutAsked',
      summary: 'Sign out of what the page asked about',
      tags: ['oauth'],
      body: { type: 'form', schema: answered },
      answers: operation.answers,
      refusals: operation.refusals,
    },
    handle: async (request) => {
      if (!allows('sign_in_by_form', formSite(request.raw, origins)))
        throw new ScangateError('invalid_request', { field: 'Origin' });
      await oauth.endSession.endAsked(knownBrowsers.keyOf(request), request.body.sids.split(' '));
      return signedOutPage(pages, request.raw, 'signed_out', {});
    },
  });
}

async function logoutAnswer(
  { oauth, pages, clients, knownBrowsers }: LogoutRouteParts,
  asked: EndSessionRequest & { readonly ui_locales?: string | undefined },
  request: Pick<RouteRequest, 'raw' | 'cookie'>,
): Promise<Answer> {
  const found = await oauth.endSession.end({ ...asked, browser: knownBrowsers.keyOf(request) });
  if (found.kind === 'redirect') return { status: 303, headers: { Location: found.location, ...NO_STORE } };
  const headers = preferring(asked.ui_locales, request.raw);
  switch (found.kind) {
    case 'nothing':
      return signedOutPage(pages, headers, 'not_signed_out', {});
    case 'ended':
      return signedOutPage(pages, headers, 'signed_out', {
        client_url: found.client.client_uri,
        client_name: found.client.client_name,
      });
    case 'ask':
      return signedOutPage(pages, headers, 'sign_out_ask', {
        asks: true,
        session_list: listOf(found.sessions, clients),
      });
  }
}

function signedOutPage(
  pages: Pages,
  headers: IncomingHttpHeaders,
  name: 'signed_out' | 'not_signed_out' | 'sign_out_ask',
  values: Values,
): Answer {
  const texts = pages.texts(headers);
  const title = { title: texts[`t.${name}`], detail: texts[`t.${name}_detail`] };
  const absent = { asks: false, session_list: '', client_url: undefined, client_name: undefined };
  const page = pages.show('signed-out', headers, { ...absent, ...title, ...values });
  return { ...page, headers: { ...page.headers, ...NO_STORE, ...FORM_PAGE } };
}

function listOf(sessions: readonly SessionView[], clients: ClientRegistry): string {
  const names = sessions.map((view) => {
    const { client_id: clientId } = openedOf(view);
    return clients.find(clientId)?.client_name ?? clientId;
  });
  const items = names.map((name) => `<p><strong class="client">${escapeHtml(name)}</strong></p>`).join('');
  const sids = escapeHtml(sessions.map(({ sid }) => sid).join(' '));
  return `${items}<input type="hidden" name="sids" value="${sids}" />`;
}
