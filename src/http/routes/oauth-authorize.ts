import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { AuthorizationEndpoint } from '../../oauth/authorization/authorization-endpoint.ts';
import type { Parameters, SignInRequest } from '../../oauth/authorization/authorization-request.ts';
import type { Answer } from '../answer/answer.ts';
import { preferring } from '../pages/language.ts';
import type { Pages } from '../pages/pages.ts';
import { plainUrl, signInPage } from '../pages/sign-in-page.ts';
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
  request: z.string().max(8192).optional(),
} as const;

const query = z.object({ client_id: text, request_uri: text, ...authorizationMembers });

export interface AuthorizeRouteParts {
  readonly oauth: { readonly authorize: AuthorizationEndpoint };
  readonly pages: Pages;
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
    303: { description: 'Back to the client with an error.', headers: { Location: 'Where to' } },
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
  { oauth, pages }: AuthorizeRouteParts,
  parameters: Parameters,
  headers: IncomingHttpHeaders,
): Promise<Answer> {
  const found = await oauth.authorize(parameters);
  if (found.kind === 'redirect') return redirect(found.location);
  const asked = membersOf(found.request);
  // The page's script makes a challenge of its own where there is none, which only suits the demo client.
  if (asked.code_challenge === undefined) return redirect(plainUrl(asked));
  const page = signInPage(pages, preferring(found.request.uiLocales, headers), found.request.client, asked);
  return { ...page, headers: { ...page.headers, ...NO_STORE } };
}

function redirect(location: string): Answer {
  return { status: 303, headers: { Location: location, ...NO_STORE } };
}

function membersOf(request: SignInRequest): MintMembers {
  const { client, redirectUri, state, scope, nonce, codeChallenge } = request;
  return {
    client_id: client.client_id,
    redirect_uri: redirectUri,
    ...(state === undefined ? {} : { state }),
    ...(scope === undefined ? {} : { scope }),
    ...(nonce === undefined ? {} : { nonce }),
    ...(codeChallenge === undefined ? {} : { code_challenge: codeChallenge, code_challenge_method: 'S256' }),
  };
}
