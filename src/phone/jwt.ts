import { decodeJwt, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { UpstreamAway, UpstreamRefusal } from './breaker.ts';
import type { KeySource } from './key-source.ts';
import { PhoneSourceAway } from './phone-identity.ts';
import type { NoteRefusal, PhoneIdentity } from './phone-identity.ts';
import { userOf } from './user-claims.ts';

/** Whose JWTs count, and for whom they must be meant. */
export interface JwtIdentityOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: KeySource;
  /** Milliseconds since the epoch, by this node's clock. */
  readonly now: () => number;
}

/** Signatures by a key pair alone: a shared secret would let the gateway's neighbours make users. */
export const ASYMMETRIC_ALGS = [
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
] as const;

/** How far the issuer's clock may be off, in seconds. */
const TOLERANCE_S = 5;
const LENGTH_MAX = 8192;

/** A native app's own JWT (RFC 7519) says who holds the phone. It must carry `sub` and `exp`. */
export function jwtIdentity(options: JwtIdentityOptions): PhoneIdentity {
  return {
    source: 'jwt',
    async identify({ bearer }, note) {
      if (bearer === undefined || !isOurs(bearer, options.issuer)) {
        note?.(`the credential is no JWT of ${options.issuer}`);
        return undefined;
      }
      const payload = await verified(bearer, note);
      return payload && userOf('jwt', options.issuer, payload);
    },
  };

  async function verified(bearer: string, note: NoteRefusal | undefined): Promise<JWTPayload | undefined> {
    try {
      const { payload } = await jwtVerify(bearer, options.keys, {
        issuer: options.issuer,
        audience: options.audience,
        algorithms: [...ASYMMETRIC_ALGS],
        requiredClaims: ['sub', 'exp'],
        clockTolerance: TOLERANCE_S,
        currentDate: new Date(options.now()),
      });
      return payload;
    } catch (error) {
      if (error instanceof UpstreamAway || error instanceof UpstreamRefusal)
        throw new PhoneSourceAway('the keys of the JWT issuer cannot be read');
      // Besides errors of its own, jose throws what it meets in a key of the issuer's that is no key, or a weak one.
      note?.(whyNot(error));
      return undefined;
    }
  }
}

const WHY: Readonly<Record<string, string>> = {
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'bad signature',
  ERR_JWKS_NO_MATCHING_KEY: 'no such key',
  ERR_JOSE_ALG_NOT_ALLOWED: 'the algorithm is not allowed',
};

function whyNot(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed)
    return `${error.reason === 'missing' ? 'no' : 'wrong'} ${error.claim}`;
  const code = error instanceof errors.JOSEError ? error.code : 'its key is no good';
  return WHY[code] ?? code;
}

function isOurs(token: string, issuer: string): boolean {
  if (token.length > LENGTH_MAX) return false;
  try {
    return decodeJwt(token).iss === issuer;
  } catch {
    return false;
  }
}
