import { timingSafeEqual } from 'node:crypto';
import type { AuthMethod, Client, ClientRegistry } from './client.ts';
import type { CheckAssertion } from './client-assertion.ts';
import { ASSERTION_TYPE } from './client-assertion.ts';
import { digestBytes, digestOf } from './secret-digest.ts';
import { OAuthError } from '../error.ts';
import { suspect } from '../../telemetry/security-event.ts';
import type { SecurityReasons } from '../../telemetry/security-event.ts';

/** What of a request proves its client. */
export interface ClientProof {
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  readonly form: Readonly<Record<string, string | undefined>>;
  /** The `DPoP` header: it proves no client, but a key that the client holds (RFC 9449 §4.1). */
  readonly dpop?: string | undefined;
}

/**
 * Finds out which client is calling (RFC 6749 §2.3, RFC 7523 §2.2). A client proves itself in the way
 * that it is registered for; if its registration names none, its secret may come in the header or in the form. One that is
 * public names itself.
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
    const basic = authorization === undefined ? undefined : basicOf(authorization);
    const { client_id: named, client_secret: posted, client_assertion: assertion } = form;
    if ([basic, posted, assertion].filter((proof) => proof !== undefined).length > 1)
      throw new OAuthError('invalid_request', 'The client proves itself in two ways.');
    if (basic !== undefined) {
      for (const id of basic.ids) await clients.learn(id);
      const client = basic.ids.map((id) => clients.find(id)).find((found) => found !== undefined);
      if (named !== undefined && named !== client?.client_id) throw refused('wrong_method', client);
      return withSecret(client, basic.secrets, 'client_secret_basic');
    }
    if (assertion !== undefined) {
      if (form['client_assertion_type'] !== ASSERTION_TYPE)
        throw new OAuthError('invalid_request', `client_assertion_type must be ${ASSERTION_TYPE}.`);
      const client = await checkAssertion(assertion, named);
      if (client.token_endpoint_auth_method !== 'private_key_jwt') throw refused('wrong_method', client);
      return client;
    }
    if (named === undefined)
      throw suspect(new OAuthError('invalid_client', 'No client is named.'), {
        kind: FAILED,
        reason: 'no_client',
      });
    await clients.learn(named);
    const client = clients.find(named);
    if (posted !== undefined) return withSecret(client, [posted], 'client_secret_post');
    if (client?.token_endpoint_auth_method !== 'none') throw refused('wrong_method', client);
    return client;
  };
}

// A public client that sends the secret it has, which is none, has said what it is (RFC 6749 §2.3.1).
function withSecret(client: Client | undefined, secrets: readonly string[], method: AuthMethod): Client {
  const registered = client === undefined ? undefined : registeredDigest(client);
  const expected = registered ?? digestOf('');
  const right = secrets.map((secret) => timingSafeEqual(digestOf(secret), expected)).includes(true);
  const isPublic = client?.token_endpoint_auth_method === 'none';
  const isItsMethod =
    isPublic || client?.any_secret_method === true || client?.token_endpoint_auth_method === method;
  if (client === undefined || !isItsMethod || (registered === undefined && !isPublic))
    throw refused('wrong_method', client);
  if (!right) throw refused('wrong_secret', client);
  return client;
}

function registeredDigest({
  client_secret: secret,
  client_secret_sha256: digest,
}: Client): Buffer | undefined {
  if (digest !== undefined) return digestBytes(digest);
  return secret === undefined ? undefined : digestOf(secret);
}

const FAILED = 'client_auth_failed';

// What names no client may be anything, a secret in the wrong place among it: it is told to nobody.
function refused(reason: SecurityReasons[typeof FAILED], client: Client | undefined): OAuthError {
  const error = new OAuthError('invalid_client', 'The client is unknown or did not prove itself.');
  if (client === undefined && reason === 'wrong_method')
    return suspect(error, { kind: FAILED, reason: 'unknown_client' });
  return suspect(error, { kind: FAILED, reason, client_id: client?.client_id });
}

/** What a header may mean: as the RFC writes it first, then as it stands. */
interface Basic {
  readonly ids: readonly string[];
  readonly secrets: readonly string[];
}

// RFC 6749 §2.3.1 form-encodes both halves before they are joined; many clients (curl among them) join them as they are
// (RFC 7617 §2), where only the first colon divides.
function basicOf(header: string): Basic | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=]{1,2000}) *$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) throw refused('no_client', undefined);
  return { ids: readings(text.slice(0, colon)), secrets: readings(text.slice(colon + 1)) };
}

function readings(text: string): readonly string[] {
  try {
    return [decodeURIComponent(text.replaceAll('+', ' ')), text];
  } catch {
    return [text];
  }
}
