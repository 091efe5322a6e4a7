import { hash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { openedOf } from '../../command/session-view.ts';
import type { SessionView } from '../../command/session-view.ts';
import { momentOf } from '../../command/ticket-view.ts';
import type { SessionSecrets } from '../../secrets/session-secrets.ts';
import { signedJwt } from '../../secrets/signed-jwt.ts';
import type { SigningAlg, SigningKey, SigningKeys } from '../../secrets/signing-keys.ts';
import { deadlineOf } from '../../store/event-store.ts';
import type { Cursor } from '../../ticket/cursor.ts';
import { releasedClaims } from '../claims/released-claims.ts';
import type { Client } from '../clients/client.ts';
import { ACCESS_ALG, ACCESS_TYPE, readAccessToken } from './access-token.ts';
import type { AccessClaims } from './access-token.ts';
import type { SubjectOf } from './subject.ts';

/** How an access token is shown: as it stands (RFC 6750), or with a proof of the key it is bound to (RFC 9449 §7.1). */
export type TokenType = 'Bearer' | 'DPoP';

/** The answer of the token endpoint (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3). */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: TokenType;
  /** Seconds, counted from the event that the tokens are made from. */
  readonly expires_in: number;
  readonly scope: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  /** Who approved which request, signed by the record's key (see `receipts/receipt.ts`): with the first tokens, by the scope `receipt`. */
  readonly receipt?: string;
}

/** How a user was there (RFC 8176): they were asked, and said yes. */
export const AMR: readonly string[] = ['user'];

/** One generation of a session's tokens: the event they are made from, and the key that its secrets are made by. */
export interface Generation {
  readonly id: Cursor;
  readonly keyId: string;
  /** The thumbprint of the key that its access token is bound to; undefined: it is a bearer. */
  readonly jkt?: string | undefined;
}

/**
 * Makes and checks tokens. They follow from the event and the secrets alone, so none is stored, and a lost answer comes out
 * the same, the order of the claims included; only an ES256 signature is another each time.
 */
export interface Tokens {
  /** @param scope narrower than the session's, or the session's own. */
  answer(
    view: SessionView,
    client: Client,
    generation: Generation,
    scope: readonly string[],
  ): Promise<TokenAnswer>;
  /** An ID token alone, as a client gets it that asked for nothing else: with no access token, and no hash of one. */
  idToken(view: SessionView, client: Client, generation: Generation): Promise<string>;
  /** The claims of an access token that we signed, outdated or not; undefined for any other text. */
  readAccess(token: string): Promise<AccessClaims | undefined>;
}

export interface TokensOptions {
  readonly issuer: string;
  readonly keys: SigningKeys;
  readonly secrets: SessionSecrets;
  readonly subjectOf: SubjectOf;
  /** Milliseconds. */
  readonly accessLifeMs: number;
}

/** Makes the tokens of one issuer. */
export function tokens(options: TokensOptions): Tokens {
  const { issuer, keys, secrets, subjectOf } = options;

  return {
    async answer(view, client, generation, scope) {
      const opened = openedOf(view);
      const key = await keyOf(generation, client.policy.access_token_alg ?? ACCESS_ALG);
      const times = timesOf(view, client, generation);
      const access = await signedJwt(key, ACCESS_TYPE, {
        iss: issuer,
        sub: subjectOf(opened.user),
        aud: audienceOf(issuer, opened.resource),
        client_id: client.client_id,
        ...times,
        jti: secrets.tokenId(view.sid, generation.keyId, generation.id),
        ...grantedOf(view, scope, generation),
      });
      return {
        access_token: access,
        token_type: generation.jkt === undefined ? 'Bearer' : 'DPoP',
        expires_in: times.exp - times.iat,
        scope: scope.join(' '),
        ...(opened.scope.includes('offline_access')
          ? { refresh_token: secrets.refreshToken(view.sid, generation.keyId, generation.id) }
          : {}),
        ...(scope.includes('openid')
          ? { id_token: await idToken(view, client, generation, scope, access) }
          : {}),
      };
    },

    idToken: (view, client, generation) => idToken(view, client, generation, openedOf(view).scope, undefined),

    readAccess: (token) => readAccessToken(issuer, keys, token),
  };

  async function idToken(
    view: SessionView,
    client: Client,
    generation: Generation,
    scope: readonly string[],
    access: string | undefined,
  ): Promise<string> {
    const key = await keyOf(generation, client.id_token_signed_response_alg);
    return await signedJwt(key, 'JWT', {
      iss: issuer,
      sub: subjectOf(openedOf(view).user),
      aud: client.client_id,
      ...timesOf(view, client, generation),
      ...identityOf(view, generation),
      ...(access === undefined ? {} : { at_hash: halfHash(key.alg, access) }),
      ...releasedClaims({ ...openedOf(view), scope }, client, 'id_token'),
    });
  }

  async function keyOf(generation: Generation, alg: SigningAlg): Promise<SigningKey> {
    const key = await keys.of(generation.keyId, alg);
    if (key === undefined) throw new Error('a session of a key that is not in the ring');
    return key;
  }

  function timesOf(view: SessionView, client: Client, { id }: Generation): { iat: number; exp: number } {
    const iat = Math.floor((momentOf(view.head, id) ?? view.head.first) / 1000);
    const lifeMs = client.policy.access_token_life_ms ?? options.accessLifeMs;
    const sessionEnd = Math.floor(deadlineOf(view.head) / 1000);
    return { iat, exp: Math.max(iat + 1, Math.min(iat + Math.ceil(lifeMs / 1000), sessionEnd)) };
  }
}

/** Whom an access token is for: the gateway, whose userinfo takes it, and the resource that was asked for (RFC 8707 §2). */
export function audienceOf(issuer: string, resource: string | undefined): string | string[] {
  return resource === undefined ? issuer : [resource, issuer];
}

/** A session's first generation: what its opening made. */
export function generationOf(view: SessionView): Generation {
  const { id, key_id: keyId, dpop_jkt: jkt } = openedOf(view);
  return { id, keyId, jkt };
}

/** What an access token says of the session, and of the key that it is bound to (RFC 9068 §2.2, RFC 9449 §6.1). */
function grantedOf(view: SessionView, scope: readonly string[], { jkt }: Generation): JWTPayload {
  return {
    sid: view.sid,
    scope: scope.join(' '),
    auth_time: openedOf(view).auth_time,
    ...(jkt === undefined ? {} : { cnf: { jkt } }),
  };
}

/** What an ID token says of the sign-in itself (OpenID Connect Core §2). The nonce belongs to its first token alone. */
function identityOf(view: SessionView, { id }: Generation): JWTPayload {
  const opened = openedOf(view);
  return {
    ...(opened.nonce !== undefined && id === opened.id ? { nonce: opened.nonce } : {}),
    auth_time: opened.auth_time,
    amr: AMR,
    sid: view.sid,
  };
}

// OpenID Connect Core §3.1.3.6; for Ed25519 the hash is its own, SHA-512.
function halfHash(alg: SigningAlg, text: string): string {
  const whole = hash(alg === 'EdDSA' ? 'sha512' : 'sha256', text, 'buffer');
  return whole.subarray(0, whole.length / 2).toString('base64url');
}
