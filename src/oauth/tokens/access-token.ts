import type { JWTPayload } from 'jose';
import type { SigningAlg, SigningKeys } from '../../secrets/signing-keys.ts';
import { readOwnToken } from './own-token.ts';

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
  /** The thumbprint of the key that it is bound to, `cnf.jkt` (RFC 9449 §6.1); undefined: it is a bearer. */
  readonly jkt: string | undefined;
}

/** The `typ` of an access token (RFC 9068 §2.1). */
export const ACCESS_TYPE = 'at+jwt';

/**
 * How access tokens are signed unless a client's operator knows that all who read them can check another algorithm: it is the one
 * that every resource server must (RFC 9068 §4).
 */
export const ACCESS_ALG: SigningAlg = 'RS256';

/** The claims of an access token that we signed, outdated or not; undefined for any other text. */
export async function readAccessToken(
  issuer: string,
  keys: SigningKeys,
  token: string,
): Promise<AccessClaims | undefined> {
  const payload = await readOwnToken(issuer, keys, token, { typ: ACCESS_TYPE, audience: issuer });
  return payload && claimsOf(payload);
}

function claimsOf(payload: JWTPayload): AccessClaims | undefined {
  const { sid, sub, client_id: clientId, scope, jti, iat, exp, cnf } = payload;
  if (typeof sid !== 'string' || typeof clientId !== 'string' || typeof scope !== 'string') return undefined;
  if (sub === undefined || jti === undefined || iat === undefined || exp === undefined) return undefined;
  const scopes = scope.split(' ').filter((name) => name !== '');
  const { jkt } = (cnf ?? {}) as { readonly jkt?: string };
  return { sid, sub, client_id: clientId, scope: scopes, jti, iat, exp, jkt };
}
