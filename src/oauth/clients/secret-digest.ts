import { createHash } from 'node:crypto';

/** A SHA-256 as a file has it: in base64url, or in hex as `sha256sum` writes it. */
export const DIGEST_SHAPE = /^(?:[A-Za-z0-9_-]{43}|[0-9a-f]{64})$/;

/** What the hash of a secret can be known to be: anything else is believed to be of 128 random bits or more. */
const GUESSED = ['', '\n', 'secret', 'password', 'changeme', 'client_secret', 'test', 'admin', '123456'];

/** The bytes of a digest in a file. */
export function digestBytes(text: string): Buffer {
  return Buffer.from(text, text.length === 64 ? 'hex' : 'base64url');
}

/** SHA-256 of a secret. */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Whether a digest is that of a secret that anybody would try. @param clientId whose it is. */
export function isGuessed(digest: string, clientId: string): boolean {
  const bytes = digestBytes(digest);
  return [...GUESSED, clientId, `${clientId}-secret`].some((secret) => digestOf(secret).equals(bytes));
}
