import { createECDH, createPrivateKey, hkdfSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** The order of P-256 (SEC 2, §2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** 64 bits more than the order has, so that no scalar is likelier than another (FIPS 186-5, A.2.1). */
const SCALAR_INPUT_BYTES = 40;
const SCALAR_BYTES = 32;

/** A P-256 key that follows from 32 bytes alone, so that nodes that share their secrets share it. */
export function ecKeyFrom(seed: Buffer): KeyObject {
  const wide = Buffer.from(hkdfSync('sha256', seed, '', 'scangate/1/ec/scalar', SCALAR_INPUT_BYTES));
  const scalar = (BigInt(`0x${wide.toString('hex')}`) % (ORDER - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(2 * SCALAR_BYTES, '0'), 'hex');
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(d);
  const point = pair.getPublicKey();
  const [x, y] = [point.subarray(1, 1 + SCALAR_BYTES), point.subarray(1 + SCALAR_BYTES)];
  const text = (bytes: Buffer): string => bytes.toString('base64url');
  return createPrivateKey({
    format: 'jwk',
    key: { kty: 'EC', crv: 'P-256', d: text(d), x: text(x), y: text(y) },
  });
}
