import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { AuthorizationEndpoint } from '../../oauth/authorization/authorization-endpoint.ts';
import type { Parameters } from '../../oauth/authorization/asker.ts';
import type { SignInRequest } from '../../oauth/authorization/authorization-request.ts';
import { needsSeal } from '../../oauth/authorization/carried-request.ts';
import type { CarriedRequests } from '../../oauth/authorization/carried-request.ts';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import type { Answer } from '../answer/answer.ts';
import { framedBy } from '../answer/security-headers.ts';
import type { Header } from '../answer/security-headers.ts';
import { preferring } from '../pages/language.ts';
import type { Pages } from '../pages/pages.ts';
import { formPostPage } from '../pages/form-post-page.ts';
import { signInPage } from '../pages/sign-in-page.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import type { MintMembers } from '../tickets/minting.ts';
import { NO_STORE } from './oauth-token.ts';

const text = z.string().max(2000).optional();

/** What an authorization request may say (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1). What is wrong is said by redirect. */
export const authorizationMembers = {
  response_type: text,
  redirect_uri: text,
  scope: text,
  state: z.string().max(8192).optional(),
  nonce: text,
  code_challenge: text,
  code_challenge_method: text,
  response_mode: text,
  prompt: text,
  login_hint: text,
  ui_locales: text,
  max_age: text,
  id_token_hint: z.string().max(8192).optional(),
  claims: text,
  resource: text,
  dpop_jkt: text,
  request: z.string().max(8192).optional(),
} as const;

const query = z.object({ client_id: text, request_uri: text, ...authorizationMembers });

export interface AuthorizeRouteParts {
  readonly oauth: { readonly authorize: AuthorizationEndpoint; readonly carried: CarriedRequests };
  readonly pages: Pages;
  readonly clients: ClientRegistry;
  /** The security headers of every answer. */
  readonly security: readonly Header[];
}

const common = { path: '/oauth/authorize', errors: 'page' } as const;
const operation = {
  summary: 'Show the QR code of a client’s request',
  description:
    'PKCE with S256 is required. Without a registered redirect address an error is a page; with one it is sent ' +
    'there with `error`, `state` and `iss` (RFC 9207).',
  tags: ['oauth'],
  answers: {
    200: { description: 'The sign-in page.', type: 'text/html' },
    303: {
      description:
        'Back to the client with an error; with `response_mode=form_post` it goes by the form of a page.',
      headers: { Location: 'Where to' },
    },
  },
  refusals: ['invalid_client', 'invalid_redirect_uri', 'store_unavailable', 'not_replicated'],
} as const;

/** `GET /oauth/authorize`: the page with the QR code, for a client's request. */
export function authorizeRoute(parts: AuthorizeRouteParts): Route {
  return route({
    ...common,
    method: 'get',
    operation: { ...operation, id: 'authorize', query },
    handle: (request) => authorizationAnswer(parts, request.query, request.raw),
  });
}

/** `POST /oauth/authorize` (OpenID Connect Core §3.1.2.1). */
export function authorizeByPostRoute(parts: AuthorizeRouteParts): Route {
  return route({
    ...common,
    method: 'post',
    operation: { ...operation, id: 'authorizeByPost', body: { type: 'form', schema: query } },
    handle: (request) => authorizationAnswer(parts, request.body, request.raw),
  });
}

async function authorizationAnswer(
  { oauth, pages, clients, security }: AuthorizeRouteParts,
  parameters: Parameters,
  headers: IncomingHttpHeaders,
): Promise<Answer> {
  const found = await oauth.authorize(parameters);
  if (found.kind === 'redirect') return redirect(found.location);
  if (found.kind === 'form') {
    const clientId = parameters['client_id'] ?? '';
    return formPostPage(pages, headers, clients.find(clientId)?.client_name ?? clientId, found.form);
  }
  const asked = membersOf(found.request, oauth.carried);
  const { client, uiLocales } = found.request;
  const page = signInPage(pages, preferring(uiLocales, headers), client, asked, uiLocales);
  const framed = framedBy(security, client.policy.embedders);
  return { ...page, headers: { ...page.headers, ...NO_STORE, ...framed } };
}

function redirect(location: string): Answer {
  return { status: 303, headers: { Location: location, ...NO_STORE } };
}

/**
 * What the page mints with. What was checked goes along sealed; so does the absence of a challenge, for without a sealed
 * request the page's script makes one of its own, which only suits the demo client.
 */
function membersOf(request: SignInRequest, carried: CarriedRequests): MintMembers {
  const { client, redirectUri, state, scope, nonce, codeChallenge, checked } = request;
  const open = {
    client_id: client.client_id,
    redirect_uri: redirectUri,
    ...(state === undefined ? {} : { state }),
    ...(scope === undefined ? {} : { scope }),
    ...(nonce === undefined ? {} : { nonce }),
    ...(codeChallenge === undefined
      ? {}
      : { code_challenge: codeChallenge, code_challenge_method: 'S256' as const }),
  };
  return needsSeal(open, checked) ? { ...open, request: carried.seal(open, checked) } : open;
}
