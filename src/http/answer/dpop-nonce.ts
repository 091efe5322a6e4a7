import type { IncomingHttpHeaders } from 'node:http';
import type { KeyProofs } from '../../oauth/dpop/key-proofs.ts';
import { OAuthError } from '../../oauth/error.ts';
import { ScangateError } from '../../ticket/error.ts';

export interface NonceParts {
  readonly oauth: { readonly keyProofs: KeyProofs };
}

/** The nonce of the next proof, for whoever sent one (RFC 9449 §8.2). */
export function nonceFor(
  { keyProofs }: NonceParts['oauth'],
  { dpop }: IncomingHttpHeaders,
): { readonly 'DPoP-Nonce'?: string } {
  return dpop === undefined ? {} : { 'DPoP-Nonce': keyProofs.nonce() };
}

/** The refusal of a proof with no good nonce, for addresses outside `/oauth`; undefined for any other error. */
export function nonceError(error: unknown): ScangateError | undefined {
  if (!(error instanceof OAuthError) || error.error !== 'use_dpop_nonce') return undefined;
  const { description: message, headers } = error;
  return new ScangateError('use_dpop_nonce', { message, nonce: headers?.['DPoP-Nonce'] ?? '' });
}
