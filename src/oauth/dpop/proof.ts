import { EmbeddedJWK, calculateJwkThumbprint, jwtVerify } from 'jose';
import type { JWK, JWTPayload } from 'jose';
import { ASSERTION_ALGS } from '../clients/client-assertion.ts';
import { OAuthError } from '../error.ts';

/** The algorithms that a proof may be signed with (RFC 9449 §5.1): those of a key pair. */
export const PROOF_ALGS = ASSERTION_ALGS;

/** The request that a proof must be for (RFC 9449 §4.2). */
export interface ProvenRequest {
  /** In capitals. */
  readonly method: string;
  /** The address without its query. A socket's may begin with ws or http. */
  readonly address: string;
}

/** What a proof says that is right in itself: whether it is fresh, and counts for the first time, is still open. */
export interface Proof {
  /** The thumbprint of the key that signed it (RFC 7638, SHA-256), in base64url. */
  readonly jkt: string;
  readonly jti: string;
  /** Seconds since the epoch, by the client's clock. */
  readonly iat: number;
  readonly nonce: string | undefined;
  /** The hash of the access token that it goes with. */
  readonly ath: string | undefined;
}

const LENGTH_MAX = 4096;
const JTI_LENGTH_MAX = 512;
/** What belongs to the private half of a key, or to a shared one (RFC 7518 §6). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/**
 * Reads the proof of a request (RFC 9449 §4.3): a JWT of its own kind, signed by the public key in its header, for this method
 * and this address.
 *
 * @throws OAuthError `invalid_dpop_proof`
 */
export async function readProof(text: string, request: ProvenRequest): Promise<Proof> {
  if (text.length > LENGTH_MAX) throw badProof(`It has at most ${LENGTH_MAX} characters.`);
  const { jwk, claims } = await verified(text);
  const { htm, htu, jti, iat, nonce, ath } = claims;
  if (htm !== request.method) throw badProof('htm is not the method of the request.');
  if (typeof htu !== 'string' || placeOf(htu) === undefined || placeOf(htu) !== placeOf(request.address))
    throw badProof('htu is not the address of the request.');
  if (typeof jti !== 'string' || jti === '' || jti.length > JTI_LENGTH_MAX || typeof iat !== 'number')
    throw badProof('jti or iat is missing.');
  if (nonce !== undefined && typeof nonce !== 'string') throw badProof('nonce must be a text.');
  if (ath !== undefined && typeof ath !== 'string') throw badProof('ath must be a text.');
  return { jkt: await calculateJwkThumbprint(jwk, 'sha256'), jti, iat, nonce, ath };
}

/** A proof that proves nothing. */
export function badProof(why: string): OAuthError {
  return new OAuthError('invalid_dpop_proof', `The DPoP proof is no good: ${why}`);
}

async function verified(text: string): Promise<{ readonly jwk: JWK; readonly claims: JWTPayload }> {
  try {
    const { payload, protectedHeader } = await jwtVerify(text, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: [...PROOF_ALGS],
      // Its time is judged by the nonce, or by iat.
      clockTolerance: Number.MAX_SAFE_INTEGER,
    });
    const { jwk } = protectedHeader;
    if (jwk !== undefined && !PRIVATE_MEMBERS.some((member) => member in jwk))
      return { jwk, claims: payload };
  } catch {
    // Besides errors of its own, jose throws what it meets in a key that is no key, or a weak one.
  }
  throw badProof('it is no JWT of the type dpop+jwt that the public key in its jwk has signed.');
}

// RFC 9449 §4.3: query and fragment do not count, and addresses that RFC 3986 §6.2 makes equal are equal.
function placeOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, host, pathname, username } = new URL(address);
  return username === '' ? `${protocol.replace(/^ws/, 'http')}//${host}${pathname}` : undefined;
}
