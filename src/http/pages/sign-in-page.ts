import type { IncomingHttpHeaders } from 'node:http';
import type { Client } from '../../oauth/clients/client.ts';
import type { Answer } from '../answer/answer.ts';
import type { MintMembers } from '../tickets/minting.ts';
import { looksOf } from './client-looks.ts';
import type { Pages } from './pages.ts';

/** The page with the live QR code, for a request whose client and redirect address were checked. */
export function signInPage(
  pages: Pages,
  headers: IncomingHttpHeaders,
  client: Client,
  asked: MintMembers,
  uiLocales?: string,
): Answer {
  return pages.show('sign-in', headers, {
    client_name: client.client_name,
    ...looksOf(client),
    client_id: client.client_id,
    redirect_uri: asked.redirect_uri,
    scope: asked.scope,
    state: asked.state,
    nonce: asked.nonce,
    code_challenge: asked.code_challenge,
    request: asked.request,
    sealed: client.policy.sealed_results === true ? 'true' : undefined,
    plain_url: plainUrl(asked, uiLocales),
  });
}

/** Where the same sign-in goes on without JavaScript, in the languages that its request wished for. */
export function plainUrl(asked: MintMembers, uiLocales?: string): string {
  const { client_id, redirect_uri, state, scope, nonce, code_challenge, request } = asked;
  const query = new URLSearchParams();
  const method = code_challenge === undefined ? undefined : 'S256';
  const members = {
    client_id,
    redirect_uri,
    state,
    scope,
    nonce,
    code_challenge,
    code_challenge_method: method,
    request,
    ui_locales: uiLocales,
  };
  for (const [name, value] of Object.entries(members)) if (value !== undefined) query.set(name, value);
  return `/plain?${query.toString()}`;
}
