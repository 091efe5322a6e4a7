import { errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyOptions } from 'jose';
import { SIGNING_ALGS } from '../../secrets/signing-keys.ts';
import type { SigningKeys } from '../../secrets/signing-keys.ts';

/** The longest token of ours that is looked at, in characters. */
const TOKEN_LENGTH_MAX = 8192;
// Whether a token is outdated, the store's clock decides, where its session is read.
const EARLIEST = new Date(0);

/**
 * What a JWT says that we signed, outdated or not; undefined for any other text.
 *
 * @param kind which of our tokens it must be.
 */
export async function readOwnToken(
  issuer: string,
  keys: SigningKeys,
  token: string,
  kind: Pick<JWTVerifyOptions, 'typ' | 'audience'>,
): Promise<JWTPayload | undefined> {
  if (token.length > TOKEN_LENGTH_MAX) return undefined;
  try {
    const { payload } = await jwtVerify(
      token,
      async ({ kid, alg }) => {
        const key = SIGNING_ALGS.find((known) => known === alg);
        const found = key && kid !== undefined ? await keys.byKid(kid, key) : undefined;
        if (found === undefined) throw new errors.JWKSNoMatchingKey();
        return found.publicKey;
      },
      { issuer, ...kind, algorithms: [...SIGNING_ALGS], currentDate: EARLIEST },
    );
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
