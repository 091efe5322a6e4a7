import { encodeBase64url } from './base64url.ts';
import { sha256 } from './sha256.ts';

const VERIFIER_BYTES = 32;

/** A PKCE code verifier of 43 characters (RFC 7636 section 4.1). */
export function makeVerifier(randomBytes: (count: number) => number[]): string {
  return encodeBase64url(randomBytes(VERIFIER_BYTES));
}

/** The S256 code challenge of a verifier (RFC 7636 section 4.2). */
export function challengeOf(verifier: string): string {
  const bytes: number[] = [];
  for (let i = 0; i < verifier.length; i++) bytes.push(verifier.charCodeAt(i) & 255);
  return encodeBase64url(sha256(bytes));
}
