import { createHash, timingSafeEqual } from 'node:crypto';
import type { Client, ClientRegistry } from './client.ts';
import type { CheckAssertion } from './client-assertion.ts';
import { ASSERTION_TYPE } from './client-assertion.ts';
import { OAuthError } from '../error.ts';

/** What of a request proves its client. */
export interface ClientProof {
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  readonly form: Readonly<Record<string, string | undefined>>;
}

/**
 * Finds out which client is calling (RFC 6749 §2.3, RFC 7523 §2.2). A client with a secret may send it in the header or
 * in the form; one that is public names itself.
 *
 * @throws {@link OAuthError} `invalid_client`, the same for an unknown client and a wrong proof; `invalid_request` for
 *   two proofs at once.
 */
export type AuthenticateClient = (proof: ClientProof) => Promise<Client>;

/** Makes the authentication over a registry. */
export function clientAuthentication(
  clients: ClientRegistry,
  checkAssertion: CheckAssertion,
): AuthenticateClient {
  return async ({ authorization, form }) => {
    const basic = authorization === undefined ? undefined : readBasic(authorization);
    const { client_id: named, client_secret: posted, client_assertion: assertion } = form;
    if ([basic, posted, assertion].filter((proof) => proof !== undefined).length > 1)
      throw new OAuthError('invalid_request', 'The client proves itself in two ways.');
    if (basic !== undefined) {
      if (named !== undefined && named !== basic.id) throw refused();
      return withSecret(clients.find(basic.id), basic.secret);
    }
    if (assertion !== undefined) {
      if (form['client_assertion_type'] !== ASSERTION_TYPE)
        throw new OAuthError('invalid_request', `client_assertion_type must be ${ASSERTION_TYPE}.`);
      return await checkAssertion(assertion, named);
    }
    if (named === undefined) throw new OAuthError('invalid_client', 'No client is named.');
    const client = clients.find(named);
    if (posted !== undefined) return withSecret(client, posted);
    if (client?.token_endpoint_auth_method !== 'none') throw refused();
    return client;
  };
}

function withSecret(client: Client | undefined, secret: string): Client {
  const right = equals(secret, client?.client_secret ?? '');
  if (client?.client_secret === undefined || !right) throw refused();
  return client;
}

function equals(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function refused(): OAuthError {
  return new OAuthError('invalid_client', 'The client is unknown or did not prove itself.');
}

// RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
function readBasic(header: string): { id: string; secret: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=]{1,2000}) *$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const [id, secret, ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  if (id === undefined || secret === undefined || rest.length > 0) throw refused();
  return { id: formDecoded(id), secret: formDecoded(secret) };
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw refused();
  }
}
