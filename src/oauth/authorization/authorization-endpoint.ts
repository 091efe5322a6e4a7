import { ScangateError } from '../../ticket/error.ts';
import { readAsker, readSignIn } from './authorization-request.ts';
import type { Asker, Parameters, SignInRequest } from './authorization-request.ts';
import type { ClientRegistry } from '../clients/client.ts';
import { withParameters } from '../clients/redirect-uri.ts';
import { OAuthError } from '../error.ts';
import type { PushedRequests } from './pushed-requests.ts';

/** What an authorization request leads to: the page that shows the QR code, or back to the client with an error. */
export type AuthorizationAnswer =
  | { readonly kind: 'show'; readonly request: SignInRequest }
  | { readonly kind: 'redirect'; readonly location: string };

/**
 * Answers `/oauth/authorize` (RFC 6749 §3.1).
 *
 * @throws ScangateError what must be shown here, because nobody who may be told can be trusted to have asked.
 */
export type AuthorizationEndpoint = (parameters: Parameters) => Promise<AuthorizationAnswer>;

export function authorizationEndpoint(
  issuer: string,
  clients: ClientRegistry,
  pushed: PushedRequests,
): AuthorizationEndpoint {
  return async (parameters) => {
    const whole = await expanded(parameters, pushed);
    const asker = readAsker(clients, whole);
    try {
      return { kind: 'show', request: readSignIn(asker, whole) };
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return { kind: 'redirect', location: errorRedirect(asker, error, whole['state'], issuer) };
    }
  };
}

// What was pushed stands alone: nothing beside it counts but who pushed it (RFC 9126 §4).
async function expanded(parameters: Parameters, pushed: PushedRequests): Promise<Parameters> {
  const { request_uri: requestUri, client_id: clientId } = parameters;
  if (requestUri === undefined) return parameters;
  const found = await pushed.find(requestUri, clientId);
  if (found === undefined)
    throw new ScangateError('invalid_request', { field: 'request_uri', message: 'It is unknown or over.' });
  return found;
}

/** Where an error goes (RFC 6749 §4.1.2.1, RFC 9207 §2): to a registered address, and only there. */
function errorRedirect(
  { redirectUri }: Asker,
  { error, description }: OAuthError,
  state: string | undefined,
  issuer: string,
): string {
  return withParameters(redirectUri, { error, error_description: description, state, iss: issuer });
}
