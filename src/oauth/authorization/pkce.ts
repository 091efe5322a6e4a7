import { createHash, timingSafeEqual } from 'node:crypto';
import type { ClientPolicy } from '../clients/client.ts';

const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

/** Whether a text can be an S256 challenge: 32 bytes in base64url (RFC 7636 §4.2). */
export function isChallenge(text: string): boolean {
  return CHALLENGE.test(text);
}

/**
 * Whether a verifier is the challenge's (RFC 7636 §4.6). Without a challenge there must be no verifier either, or a
 * request whose challenge was stripped would pass for one that never had any (RFC 9700 §2.1.1).
 */
export function provesPossession(challenge: string | undefined, verifier: string | undefined): boolean {
  if (challenge === undefined || verifier === undefined) return challenge === verifier;
  if (!VERIFIER.test(verifier)) return false;
  const made = createHash('sha256').update(verifier).digest();
  const given = Buffer.from(challenge, 'base64url');
  return given.length === made.length && timingSafeEqual(given, made);
}

/**
 * What a request without a challenge lacks: nothing where its client is excused from PKCE and the request has what takes
 * its place, the nonce (RFC 9700 §2.1.1) or the state (RFC 6749 §10.12).
 */
export function lackedWithoutChallenge(
  { pkce }: Pick<ClientPolicy, 'pkce'>,
  { nonce, state }: { readonly nonce?: string | undefined; readonly state?: string | undefined },
): 'code_challenge' | 'nonce' | 'state' | undefined {
  if (pkce === 'required') return 'code_challenge';
  if (pkce === 'optional') return isEmpty(nonce) ? 'nonce' : undefined;
  return isEmpty(state) ? 'state' : undefined;
}

function isEmpty(value: string | undefined): boolean {
  return value === undefined || value === '';
}
