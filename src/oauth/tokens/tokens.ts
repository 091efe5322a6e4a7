import { createHash } from 'node:crypto';
import { SignJWT, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import type { SessionView } from '../../command/session-view.ts';
import { momentOf } from '../../command/ticket-view.ts';
import type { SessionSecrets } from '../../secrets/session-secrets.ts';
import type { SigningAlg, SigningKey, SigningKeys } from '../../secrets/signing-keys.ts';
import type { OpenedData } from '../../session/events.ts';
import { deadlineOf } from '../../store/event-store.ts';
import type { Cursor } from '../../ticket/cursor.ts';
import type { Client } from '../clients/client.ts';
import type { SubjectOf } from './subject.ts';

/** The answer of the token endpoint (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3). */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds, counted from the event that the tokens are made from. */
  readonly expires_in: number;
  readonly scope: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
}

/** One generation of a session's tokens: the event they are made from, and the key that its secrets are made by. */
export interface Generation {
  readonly id: Cursor;
  readonly keyId: string;
}

/** What an access token of ours says (RFC 9068 §2.2). */
export interface AccessClaims {
  readonly sid: string;
  readonly sub: string;
  readonly client_id: string;
  readonly scope: readonly string[];
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly exp: number;
}

/** Makes and checks tokens. They follow from the event and the secrets alone, so none is stored, and a lost answer comes out the same. */
export interface Tokens {
  /** @param scope narrower than the session's, or the session's own. */
  answer(
    view: SessionView,
    client: Client,
    generation: Generation,
    scope: readonly string[],
  ): Promise<TokenAnswer>;
  /** The claims of an access token that we signed, outdated or not; undefined for any other text. */
  readAccess(token: string): Promise<AccessClaims | undefined>;
}

/** What tokens are made of. */
export interface TokensOptions {
  readonly issuer: string;
  readonly keys: SigningKeys;
  readonly secrets: SessionSecrets;
  readonly subjectOf: SubjectOf;
  /** Milliseconds. */
  readonly accessLifeMs: number;
}

const ACCESS_TYPE = 'at+jwt';
const TOKEN_LENGTH_MAX = 4096;
const ALGS: readonly SigningAlg[] = ['EdDSA', 'RS256'];

/** Makes the tokens of one issuer. */
export function tokens(options: TokensOptions): Tokens {
  const { issuer, keys, secrets } = options;

  async function keyOf(generation: Generation, client: Client): Promise<SigningKey> {
    const key = await keys.of(generation.keyId, client.id_token_signed_response_alg);
    if (key === undefined) throw new Error('a session of a key that is not in the ring');
    return key;
  }

  async function answer(
    view: SessionView,
    client: Client,
    generation: Generation,
    scope: readonly string[],
  ): Promise<TokenAnswer> {
    const opened = openedOf(view);
    const key = await keyOf(generation, client);
    const iat = Math.floor((momentOf(view.head, generation.id) ?? view.head.first) / 1000);
    const lifeMs = client.policy.access_token_life_ms ?? options.accessLifeMs;
    const sub = options.subjectOf(opened.user);
    const times = { iat, exp: Math.max(iat + 1, Math.min(iat + Math.ceil(lifeMs / 1000), endOf(view))) };
    const access = await sign(key, ACCESS_TYPE, {
      iss: issuer,
      sub,
      aud: issuer,
      client_id: client.client_id,
      ...times,
      jti: secrets.tokenId(view.sid, generation.keyId, generation.id),
      sid: view.sid,
      scope: scope.join(' '),
      auth_time: opened.auth_time,
    });
    return {
      access_token: access,
      token_type: 'Bearer',
      expires_in: times.exp - times.iat,
      scope: scope.join(' '),
      ...(opened.scope.includes('offline_access')
        ? { refresh_token: secrets.refreshToken(view.sid, generation.keyId, generation.id) }
        : {}),
      ...(scope.includes('openid')
        ? {
            id_token: await sign(key, 'JWT', {
              iss: issuer,
              sub,
              aud: client.client_id,
              ...times,
              ...(opened.nonce !== undefined && generation.id === view.session.opened?.id
                ? { nonce: opened.nonce }
                : {}),
              auth_time: opened.auth_time,
              amr: ['user'],
              sid: view.sid,
              at_hash: halfHash(key.alg, access),
              ...(scope.includes('profile') ? profileOf(opened) : {}),
            }),
          }
        : {}),
    };
  }

  async function readAccess(token: string): Promise<AccessClaims | undefined> {
    if (token.length > TOKEN_LENGTH_MAX) return undefined;
    try {
      const { payload } = await jwtVerify(
        token,
        async ({ kid, alg }) => {
          const key = ALGS.find((known) => known === alg);
          const found = key && kid !== undefined ? await keys.byKid(kid, key) : undefined;
          if (found === undefined) throw new errors.JWKSNoMatchingKey();
          return found.publicKey;
        },
        { issuer, audience: issuer, typ: ACCESS_TYPE, algorithms: [...ALGS], currentDate: EARLIEST },
      );
      return claimsOf(payload);
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  return { answer, readAccess };
}

/** What a session of the `profile` scope tells of its user (OpenID Connect Core §5.4). */
export function profileOf({ user }: OpenedData): { name?: string; picture?: string } {
  return {
    ...(user.name === undefined ? {} : { name: user.name }),
    ...(user.picture === undefined ? {} : { picture: user.picture }),
  };
}

/** What a session was opened with. @throws where it never was: a caller's mistake. */
export function openedOf(view: SessionView): OpenedData & { readonly id: Cursor } {
  const { opened } = view.session;
  if (opened === undefined) throw new Error('a session that was never opened has no tokens');
  return opened;
}

// Whether a token is outdated, the store's clock decides, where its session is read.
const EARLIEST = new Date(0);

async function sign(key: SigningKey, typ: string, claims: JWTPayload): Promise<string> {
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ })
    .sign(key.privateKey);
}

function endOf(view: SessionView): number {
  return Math.floor(deadlineOf(view.head) / 1000);
}

function claimsOf(payload: JWTPayload): AccessClaims | undefined {
  const { sid, sub, client_id: clientId, scope, jti, iat, exp } = payload;
  if (typeof sid !== 'string' || typeof clientId !== 'string' || typeof scope !== 'string') return undefined;
  if (sub === undefined || jti === undefined || iat === undefined || exp === undefined) return undefined;
  const scopes = scope.split(' ').filter((name) => name !== '');
  return { sid, sub, client_id: clientId, scope: scopes, jti, iat, exp };
}

// OpenID Connect Core §3.1.3.6; for Ed25519 the hash is its own, SHA-512.
function halfHash(alg: SigningAlg, text: string): string {
  const hash = createHash(alg === 'EdDSA' ? 'sha512' : 'sha256')
    .update(text)
    .digest();
  return hash.subarray(0, hash.length / 2).toString('base64url');
}
