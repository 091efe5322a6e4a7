import type { ResponseType } from '../../ticket/events.ts';
import type { Client } from '../clients/client.ts';
import { withParameters } from '../clients/redirect-uri.ts';
import { OAuthError } from '../error.ts';
import type { Asker, Parameters } from './asker.ts';

/** What a client is to be sent by a form of the browser's (OAuth 2.0 Form Post Response Mode §2). */
export interface FormPost {
  readonly action: string;
  readonly members: Readonly<Record<string, string | undefined>>;
}

/** How an answer leaves the authorization endpoint. */
export type SentAnswer =
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'form'; readonly form: FormPost };

/**
 * What a request wants in return: undefined for a code in the redirect's query. An ID token goes by form alone, to clients
 * that are registered for it, and with a nonce (OpenID Connect Core §3.2.2.1): a fragment would hand it to scripts.
 *
 * @throws OAuthError `invalid_request`, `unauthorized_client`, `unsupported_response_type`.
 */
export function formPostOf(client: Client, parameters: Parameters): ResponseType | undefined {
  const { response_type: type, response_mode: mode, nonce } = parameters;
  if (type === undefined) throw new OAuthError('invalid_request', 'response_type is missing.');
  if (type !== 'code' && type !== 'id_token')
    throw new OAuthError('unsupported_response_type', 'response_type must be code or id_token.');
  if (!client.response_types.includes(type))
    throw new OAuthError('unauthorized_client', `The client is not registered for response_type=${type}.`);
  if (type === 'code') {
    if (mode === 'form_post') return 'code';
    if (mode === undefined || mode === 'query') return undefined;
    throw new OAuthError('invalid_request', 'response_mode must be query or form_post.');
  }
  if (mode !== 'form_post')
    throw new OAuthError('invalid_request', 'response_type=id_token needs response_mode=form_post.');
  if (nonce === undefined || nonce === '')
    throw new OAuthError('invalid_request', 'response_type=id_token needs a nonce.');
  return 'id_token';
}

/**
 * Sends an error where it belongs (RFC 6749 §4.1.2.1, RFC 9207 §2): to a registered address and only there, in the way
 * that the request asked for, or that its response type has by default (OAuth 2.0 Multiple Response Types §5).
 */
export function sentError(
  { redirectUri }: Asker,
  { error, description }: OAuthError,
  parameters: Parameters,
  issuer: string,
): SentAnswer {
  const { state, response_mode: mode, response_type: type = '' } = parameters;
  const members = { error, error_description: description, state, iss: issuer };
  if (mode === 'form_post') return { kind: 'form', form: { action: redirectUri, members } };
  const byFragment = mode === 'fragment' || (mode === undefined && /\b(id_)?token\b/.test(type));
  if (byFragment)
    return { kind: 'redirect', location: withParameters(`${redirectUri}#`, members).replace('#?', '#') };
  return { kind: 'redirect', location: withParameters(redirectUri, members) };
}
