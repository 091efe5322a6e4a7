import type { ClientProof } from '../clients/client-auth.ts';
import { OAuthError } from '../error.ts';
import type { KeyProofs } from './key-proofs.ts';
import { badProof } from './proof.ts';

/** Whether a text has the shape of a key's thumbprint (RFC 7638, SHA-256). */
export function isThumbprint(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

/**
 * The thumbprint of the key that a request wants its tokens bound to: by its `dpop_jkt`, by a proof, or by both where they
 * agree (RFC 9449 §10.1). Undefined: it names none.
 *
 * @throws OAuthError `invalid_request`, `invalid_dpop_proof`, `use_dpop_nonce`.
 */
export async function namedKey(
  proofs: KeyProofs,
  { form, dpop }: Pick<ClientProof, 'form' | 'dpop'>,
  path: string,
): Promise<string | undefined> {
  const { dpop_jkt: named } = form;
  if (named !== undefined && !isThumbprint(named))
    throw new OAuthError('invalid_request', 'dpop_jkt must be 43 characters of base64url.');
  const proven = await proofs.keyOf(dpop, { method: 'POST', path }, 'nonce_or_time');
  if (named !== undefined && proven !== undefined && named !== proven)
    throw badProof('it is of another key than dpop_jkt.');
  return proven ?? named;
}
