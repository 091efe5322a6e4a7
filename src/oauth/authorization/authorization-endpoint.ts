import { ScangateError } from '../../ticket/error.ts';
import { readAsker } from './asker.ts';
import type { Parameters } from './asker.ts';
import { readSignIn } from './authorization-request.ts';
import type { SignInRequest } from './authorization-request.ts';
import type { ClientRegistry } from '../clients/client.ts';
import { sentError } from './response-mode.ts';
import type { SentAnswer } from './response-mode.ts';
import { OAuthError } from '../error.ts';
import { isPushedUri, requestKeyOf } from './pushed-requests.ts';
import type { PushedRequests } from './pushed-requests.ts';

/** What an authorization request leads to: the page that shows the QR code, or back to the client with an error. */
export type AuthorizationAnswer = { readonly kind: 'show'; readonly request: SignInRequest } | SentAnswer;

/**
 * Answers `/oauth/authorize` (RFC 6749 §3.1).
 *
 * @throws ScangateError what must be shown here, because nobody who may be told can be trusted to have asked.
 */
export type AuthorizationEndpoint = (parameters: Parameters) => Promise<AuthorizationAnswer>;

export interface AuthorizationEndpointOptions {
  readonly issuer: string;
  readonly clients: ClientRegistry;
  readonly pushed: PushedRequests;
  /** Whether some source of phones can say when a user signed in there. */
  readonly knowsAuthTime: boolean;
  /** The `sub` of an ID token of ours, outdated or not; undefined for any other text. */
  readonly readHint: (idToken: string) => Promise<string | undefined>;
}

export function authorizationEndpoint(options: AuthorizationEndpointOptions): AuthorizationEndpoint {
  const { issuer, clients, pushed, knowsAuthTime, readHint } = options;
  return async (parameters) => {
    const whole = await expanded(parameters, pushed);
    await clients.learn(whole['client_id'] ?? '');
    const asker = readAsker(clients, whole);
    try {
      const how = { pushed: whole !== parameters, knowsAuthTime };
      const asked = withKey(readSignIn(asker, whole, how), parameters['request_uri']);
      return { kind: 'show', request: await withHint(asked, whole['id_token_hint'], readHint) };
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return sentError(asker, error, whole, issuer);
    }
  };
}

// A pushed request opens one ticket, and is known by its address where that is minted.
function withKey(request: SignInRequest, requestUri: string | undefined): SignInRequest {
  if (requestUri === undefined) return request;
  return { ...request, checked: { ...request.checked, request_key: requestKeyOf(requestUri) } };
}

// Whoever else signs in, the client gets no tokens of theirs (OpenID Connect Core §3.1.2.2).
async function withHint(
  request: SignInRequest,
  hint: string | undefined,
  readHint: AuthorizationEndpointOptions['readHint'],
): Promise<SignInRequest> {
  if (hint === undefined || hint === '') return request;
  const expected = await readHint(hint);
  if (expected === undefined)
    throw new OAuthError('invalid_request', 'id_token_hint is no ID token of this gateway.');
  return { ...request, checked: { ...request.checked, expected_sub: expected } };
}

// What was pushed stands alone: nothing beside it counts but who pushed it (RFC 9126 §4).
async function expanded(parameters: Parameters, pushed: PushedRequests): Promise<Parameters> {
  const { request_uri: requestUri, client_id: clientId } = parameters;
  if (requestUri === undefined || !isPushedUri(requestUri)) return parameters;
  const found = await pushed.find(requestUri, clientId);
  if (found === undefined)
    throw new ScangateError('invalid_request', { field: 'request_uri', message: 'It is unknown or over.' });
  return found;
}
