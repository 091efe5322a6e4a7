import { createPublicKey } from 'node:crypto';
import { CompactEncrypt, importJWK } from 'jose';
import type { ResultKey } from '../../ticket/events.ts';

const ALG = 'ECDH-ES';
const CURVE = { kty: 'EC', crv: 'P-256' } as const;

/** Whether a key's coordinates are those of a point of its curve: to any other nothing can be sealed. */
export function isPoint({ x, y }: ResultKey): boolean {
  try {
    createPublicKey({ format: 'jwk', key: { ...CURVE, x, y } });
    return true;
  } catch {
    return false;
  }
}

/** Seals a value, written as JSON, so that the holder of a key alone reads it: a JWE (RFC 7516), ECDH-ES with A256GCM. */
export async function sealTo({ x, y }: ResultKey, value: object): Promise<string> {
  const key = await importJWK({ ...CURVE, x, y }, ALG);
  return await new CompactEncrypt(Buffer.from(JSON.stringify(value)))
    .setProtectedHeader({ alg: ALG, enc: 'A256GCM', cty: 'json' })
    .encrypt(key);
}
