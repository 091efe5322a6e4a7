import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { HeadFact, KeyFact } from '../entry/entry.ts';
import type { ChainHead } from './link.ts';

/** A public key that checks heads, as it is published (RFC 8037); its `kid` is the thumbprint (RFC 7638). */
export type RecordKeyJwk = KeyFact;

/**
 * Where a chain stood, signed: an entry of the chain itself, right behind the one that it names. The signature is
 * Ed25519, in base64url, over the lines `scangate-record-head`, chain, link and hash.
 */
export type SignedHead = HeadFact;

/** The published half of a key. */
export function recordKeyJwk(privateKey: KeyObject): RecordKeyJwk {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { kty: 'OKP', crv: 'Ed25519', x, kid: kidOf(x), alg: 'EdDSA', use: 'sig' };
}

export function signedHead(privateKey: KeyObject, chain: number, head: ChainHead): SignedHead {
  const signature = sign(null, signedText(chain, head), privateKey).toString('base64url');
  const { kid } = recordKeyJwk(privateKey);
  return { chain, link: head.link, hash: head.hash, kid, signature };
}

/** Whether a head is signed by this key. */
export function isSignedBy({ chain, signature, ...head }: SignedHead, key: RecordKeyJwk): boolean {
  return isSignature(signedText(chain, head), signature, key);
}

/** Whether a text is signed by this key, and the key's `kid` is its own. */
export function isSignature(text: Buffer, signature: unknown, { x, kid }: RecordKeyJwk): boolean {
  if (kid !== kidOf(x) || typeof signature !== 'string') return false;
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, text, key, Buffer.from(signature, 'base64url'));
}

/** Whether a value is a public key as {@link recordKeyJwk} makes one. */
export function isRecordKey(value: unknown): value is RecordKeyJwk {
  if (typeof value !== 'object' || value === null) return false;
  const { kty, crv, x, kid, alg, use } = value as Partial<Record<keyof RecordKeyJwk, unknown>>;
  const isOurs = kty === 'OKP' && crv === 'Ed25519' && alg === 'EdDSA' && use === 'sig';
  return isOurs && typeof x === 'string' && /^[\w-]{43}$/.test(x) && kid === kidOf(x);
}

function signedText(chain: number, { link, hash }: ChainHead): Buffer {
  return Buffer.from(['scangate-record-head', chain, link, hash].join('\n'));
}

function kidOf(x: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');
}
