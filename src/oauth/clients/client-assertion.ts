import { createHash } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, errors, jwtVerify } from 'jose';
import type { JSONWebKeySet, JWTPayload, JWTVerifyGetKey } from 'jose';
import type { Ledger } from '../../store/ledger.ts';
import type { Client, ClientRegistry } from './client.ts';
import { OAuthError } from '../error.ts';
import { suspect, suspicionOf } from '../../telemetry/security-event.ts';

/** The `client_assertion_type` of a signed JWT (RFC 7523 §2.2). */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Finds the client of an assertion. @throws {@link OAuthError} `invalid_client`. */
export type CheckAssertion = (assertion: string, clientId: string | undefined) => Promise<Client>;

/** What assertions are held against. */
export interface ClientAssertionOptions {
  readonly clients: ClientRegistry;
  readonly ledger: Ledger;
  readonly issuer: string;
  /** The keys at a `jwks_uri`; asked at each use. */
  readonly remoteKeys: (address: string) => JWTVerifyGetKey;
  /** Milliseconds since the epoch, by this node's clock. */
  readonly now: () => number;
}

/** The algorithms that an assertion may be signed with: those of a key pair. */
export const ASSERTION_ALGS: readonly string[] = [
  'EdDSA',
  'Ed25519',
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
];
/** What an assertion may say that it is; most clients' libraries say nothing, or no more than that it is a JWT. */
const TYPES: readonly (string | undefined)[] = [undefined, 'JWT', 'CLIENT-AUTHENTICATION+JWT'];
/** The endpoints that authenticate clients, below the issuer. */
const ENDPOINTS = ['token', 'par', 'device_authorization', 'introspect', 'revoke'] as const;
const TOLERANCE_S = 5;
/** The longest life of an assertion, in seconds, before and behind now: so long its `jti` is remembered. */
const LIFE_MAX_S = 300;
const LENGTH_MAX = 8192;

/** `private_key_jwt` (OpenID Connect Core §9). Each assertion counts once: its `jti` is remembered for its life. */
export function clientAssertions(options: ClientAssertionOptions): CheckAssertion {
  const { clients, ledger, issuer } = options;
  const local = new WeakMap<Client, JWTVerifyGetKey>();
  const endpoints = ENDPOINTS.map((name) => `${issuer}/oauth/${name}`);

  function keysOf(client: Client): JWTVerifyGetKey | undefined {
    if (client.jwks_uri !== undefined) return orAway(options.remoteKeys(client.jwks_uri));
    if (client.jwks === undefined) return undefined;
    const known = local.get(client) ?? createLocalJWKSet(client.jwks as unknown as JSONWebKeySet);
    local.set(client, known);
    return known;
  }

  async function verified(assertion: string, client: Client, keys: JWTVerifyGetKey): Promise<JWTPayload> {
    try {
      const { payload, protectedHeader } = await jwtVerify(assertion, keys, {
        issuer: client.client_id,
        subject: client.client_id,
        audience: audiencesFor(client),
        algorithms: [...ASSERTION_ALGS],
        requiredClaims: ['exp', 'jti'],
        clockTolerance: TOLERANCE_S,
        currentDate: new Date(options.now()),
      });
      // Signed with the same key, a proof or a token of another kind is no assertion (RFC 8725 §3.11).
      if (!TYPES.includes(protectedHeader.typ?.toUpperCase())) throw refused();
      return payload;
    } catch (error) {
      // Besides errors of its own, jose throws what it meets in a registered key that is no key, or a weak one.
      throw error instanceof OAuthError ? error : refused();
    }
  }

  /** A gateway that lied about its endpoints could use an assertion here (CVE-2025-27370): the issuer alone, but for an exception. */
  function audiencesFor({ policy }: Client): string[] {
    return policy.endpoint_audiences === true ? [issuer, ...endpoints] : [issuer];
  }

  async function useOnce(client: Client, { jti, exp, iat, aud }: JWTPayload): Promise<void> {
    // In a list, some other audience could use what it was sent (RFC 7523 §3, draft-ietf-oauth-rfc7523bis).
    if (typeof aud !== 'string' || !audiencesFor(client).includes(aud))
      throw refused('The audience of an assertion is the issuer alone.');
    const nowS = Math.floor(options.now() / 1000);
    const lifeS = (exp ?? 0) + TOLERANCE_S - nowS;
    const ageS = nowS - TOLERANCE_S - (iat ?? nowS);
    if (jti === undefined || lifeS > LIFE_MAX_S + TOLERANCE_S || ageS > LIFE_MAX_S)
      throw refused('The assertion lives too long.');
    const digest = createHash('sha256')
      .update(JSON.stringify([client.client_id, jti]))
      .digest('base64url');
    const { stored } = await ledger.putIfAbsent(`assertion:${digest}`, '', Math.max(1, lifeS) * 1000);
    if (!stored) throw reused(client);
  }

  return async (assertion, clientId) => {
    const named = clientId ?? subjectOf(assertion) ?? '';
    await clients.learn(named);
    const client = clients.find(named);
    const keys = client && keysOf(client);
    if (client === undefined)
      throw suspect(refused(), { kind: 'client_auth_failed', reason: 'unknown_client' });
    try {
      if (keys === undefined || assertion.length > LENGTH_MAX) throw refused();
      await useOnce(client, await verified(assertion, client, keys));
    } catch (error) {
      throw failedBy(client, error);
    }
    return client;
  };
}

// Keys that cannot be read prove nothing, and are no fault of the client's either.
function orAway(keys: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof errors.JOSEError) throw error;
      throw new OAuthError('temporarily_unavailable', 'The keys of the client cannot be read at present.');
    }
  };
}

function subjectOf(assertion: string): string | undefined {
  try {
    return assertion.length > LENGTH_MAX ? undefined : decodeJwt(assertion).sub;
  } catch {
    return undefined;
  }
}

const UNPROVEN = 'The client is unknown or did not prove itself.';

function refused(description = UNPROVEN): OAuthError {
  return new OAuthError('invalid_client', description);
}

function reused({ client_id: id }: Client): OAuthError {
  const event = { kind: 'reuse', reason: 'assertion', client_id: id } as const;
  return suspect(refused('The assertion was used before.'), event);
}

function failedBy({ client_id: id }: Client, error: unknown): unknown {
  const isOurs = error instanceof OAuthError && error.error === 'invalid_client';
  if (!isOurs || suspicionOf(error) !== undefined) return error;
  return suspect(error, { kind: 'client_auth_failed', reason: 'wrong_assertion', client_id: id });
}
