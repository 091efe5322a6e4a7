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
  /** Names of claims of the operator's own that are kept of a user. */
  readonly claims: readonly string[];
  /** How far the issuer's clock may be off, in milliseconds. */
  readonly toleranceMs: number;
  /** The longest life that a token may be given, in milliseconds. */
  readonly lifeMaxMs: number;
  /** Milliseconds since the epoch, by this node's clock. */
  readonly now: () => number;
  /** Told of each refusal. */
  readonly onRefusal: (reason: JwtRefusal) => void;
  /** Told of each that was taken. */
  readonly onTaken?: () => void;
}

/** Why a JWT proves nobody, as it is counted. */
export type JwtRefusal = (typeof JWT_REFUSALS)[number];

/** All of them. */
export const JWT_REFUSALS = [
  'malformed',
  'issuer',
  'audience',
  'expired',
  'not_yet',
  'life',
  'claim',
  'algorithm',
  'key',
  'signature',
] as const;

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

/** What tells of something else than who holds the phone, whoever issued it (RFC 8725 §3.11). */
const OTHER_KINDS: readonly (string | undefined)[] = [
  'logout+jwt',
  'dpop+jwt',
  'secevent+jwt',
  'oauth-authz-req+jwt',
  'client-authentication+jwt',
  'token-introspection+jwt',
  'scangate-receipt+jwt',
];

const LENGTH_MAX = 8192;

/** A native app's own JWT (RFC 7519) says who holds the phone. It must carry `sub` and `exp`; `auth_time` says when they signed in. */
export function jwtIdentity(options: JwtIdentityOptions): PhoneIdentity {
  const { issuer, onRefusal } = options;

  function refused(note: NoteRefusal | undefined, [reason, why]: Refused): undefined {
    onRefusal(reason);
    note?.(why);
  }

  return {
    source: 'jwt',
    knowsAuthTime: true,
    async identify({ bearer }, note) {
      if (bearer === undefined) {
        note?.(`the credential is no JWT of ${issuer}`);
        return undefined;
      }
      const named = issuerIn(bearer);
      if (named !== issuer)
        return refused(note, [
          named === undefined ? 'malformed' : 'issuer',
          `the credential is no JWT of ${issuer}`,
        ]);
      try {
        const payload = await verified(bearer, options);
        const user = userOf('jwt', issuer, payload, options.claims);
        if (user !== undefined) options.onTaken?.();
        return user ?? refused(note, ['claim', 'the subject is empty or too long']);
      } catch (error) {
        if (error instanceof UpstreamAway || error instanceof UpstreamRefusal)
          throw new PhoneSourceAway('the keys of the JWT issuer cannot be read');
        // Besides errors of its own, jose throws what it meets in a key of the issuer's that is no key, or a weak one.
        return refused(note, whyNot(error));
      }
    },
  };
}

class LivesTooLong extends Error {
  override readonly name = 'LivesTooLong';
}

class OtherKind extends Error {
  override readonly name = 'OtherKind';
}

async function verified(bearer: string, options: JwtIdentityOptions): Promise<JWTPayload> {
  const { issuer, audience, keys, toleranceMs, lifeMaxMs } = options;
  const now = options.now();
  const { payload, protectedHeader } = await jwtVerify(bearer, keys, {
    issuer,
    audience,
    algorithms: [...ASYMMETRIC_ALGS],
    requiredClaims: ['sub', 'exp'],
    clockTolerance: toleranceMs / 1000,
    currentDate: new Date(now),
  });
  if (OTHER_KINDS.includes(protectedHeader.typ?.toLowerCase().replace(/^application\//, '')))
    throw new OtherKind();
  const { exp = 0, iat = now / 1000 } = payload;
  // One that says it is of later than its issuer's clock may be lives from then, not from when it says.
  const from = Math.min(iat * 1000, now + toleranceMs);
  if (exp * 1000 - from > lifeMaxMs) throw new LivesTooLong();
  return payload;
}

type Refused = readonly [JwtRefusal, string];

const CODES: Readonly<Record<string, Refused>> = {
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: ['signature', 'bad signature'],
  ERR_JWKS_NO_MATCHING_KEY: ['key', 'no such key'],
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: ['key', 'several keys fit, and it names none'],
  ERR_JOSE_ALG_NOT_ALLOWED: ['algorithm', 'the algorithm is not allowed'],
};

const CLAIMS: Readonly<Record<string, JwtRefusal>> = { aud: 'audience', iss: 'issuer', nbf: 'not_yet' };

function whyNot(error: unknown): Refused {
  if (error instanceof LivesTooLong) return ['life', 'it lives too long'];
  if (error instanceof OtherKind) return ['claim', 'it is a token of another kind'];
  if (error instanceof errors.JWTExpired) return ['expired', 'expired'];
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { reason, claim } = error;
    return [CLAIMS[claim] ?? 'claim', `${reason === 'missing' ? 'no' : 'wrong'} ${claim}`];
  }
  if (!(error instanceof errors.JOSEError)) return ['key', 'its key is no good'];
  return CODES[error.code] ?? ['malformed', error.code];
}

/** The issuer that a JWT names, unchecked; undefined where it is none. */
function issuerIn(token: string): string | undefined {
  if (token.length > LENGTH_MAX) return undefined;
  try {
    return decodeJwt(token).iss ?? '';
  } catch {
    return undefined;
  }
}
