import { createHmac, createPrivateKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** What signs messages, of the Standard Webhooks specification: a shared secret (`v1`), or an Ed25519 key (`v1a`). */
export type SigningKey =
  { readonly version: 'v1'; readonly secret: Buffer } | { readonly version: 'v1a'; readonly key: KeyObject };

/** A secret’s bounds, in bytes. The specification says 24 to 64; 128 random bits are enough. */
const SECRET_MIN_BYTES = 16;
const SECRET_MAX_BYTES = 128;
/** An Ed25519 seed, and what some libraries write: the public half behind it. */
const SEED_BYTES = 32;
const PAIR_BYTES = 64;

/** PKCS #8 of an Ed25519 seed (RFC 8410 §7), up to the seed. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Reads a secret as the specification writes it; undefined where it is none. */
export function readSigningKey(text: string): SigningKey | undefined {
  const bytes = bytesIn(text.slice(text.indexOf('_') + 1));
  if (bytes === undefined) return undefined;
  if (text.startsWith('whsec_'))
    return bytes.length < SECRET_MIN_BYTES || bytes.length > SECRET_MAX_BYTES
      ? undefined
      : { version: 'v1', secret: bytes };
  if (!text.startsWith('whsk_') || (bytes.length !== SEED_BYTES && bytes.length !== PAIR_BYTES))
    return undefined;
  const der = Buffer.concat([PKCS8_HEAD, bytes.subarray(0, SEED_BYTES)]);
  return { version: 'v1a', key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) };
}

function bytesIn(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/** The headers of one try. @param atMs the wall clock, in milliseconds. */
export function signedHeaders(
  keys: readonly SigningKey[],
  id: string,
  text: string,
  atMs: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(atMs / 1000));
  const signed = Buffer.from(`${id}.${timestamp}.${text}`);
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': keys.map((key) => `${key.version},${signatureOf(key, signed)}`).join(' '),
  };
}

function signatureOf(key: SigningKey, signed: Buffer): string {
  if (key.version === 'v1') return createHmac('sha256', key.secret).update(signed).digest('base64');
  return sign(null, signed, key.key).toString('base64');
}
