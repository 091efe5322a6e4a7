import { namedKey } from '../../oauth/dpop/named-key.ts';
import { OAuthError } from '../../oauth/error.ts';
import { ScangateError } from '../../ticket/error.ts';
import { nonceError } from '../answer/dpop-nonce.ts';
import type { NonceParts } from '../answer/dpop-nonce.ts';

/**
 * The key that a browser wants its ticket's tokens bound to: named by its thumbprint, by a proof, or by both.
 *
 * @throws ScangateError `invalid_request`, naming the header; `use_dpop_nonce` where the proof has an old nonce.
 */
export async function namedAtMinting(
  { oauth }: NonceParts,
  named: string | undefined,
  dpop: string | undefined,
): Promise<string | undefined> {
  try {
    return await namedKey(oauth.keyProofs, { form: { dpop_jkt: named }, dpop }, '/v1/tickets');
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    throw (
      nonceError(error) ?? new ScangateError('invalid_request', { field: 'DPoP', message: error.description })
    );
  }
}
