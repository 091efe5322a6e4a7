import { randomFillSync, randomUUID } from 'node:crypto';

/** So much is drawn from the system at once, in bytes: a call for a few costs ten times what they do. */
const DRAWN_BYTES = 4096;

const drawn = Buffer.allocUnsafeSlow(DRAWN_BYTES);
let used = DRAWN_BYTES;

/** Each byte is given away once, and gone from here then. @param count at most {@link DRAWN_BYTES}. */
function randomBytes(count: number): Buffer {
  if (used + count > DRAWN_BYTES) {
    randomFillSync(drawn);
    used = 0;
  }
  const bytes = Buffer.from(drawn.subarray(used, used + count));
  drawn.fill(0, used, used + count);
  used += count;
  return bytes;
}

/** From 0 to 1, without 1: spreads what must not happen at one time everywhere. Never for secrets. */
export const random = (): number => Math.random();

/** A fresh id or state: 128 random bits in base64url. */
export const makeId = (): string => randomBytes(16).toString('base64url');

/** A fresh nonce of a cursor: 64 random bits as a decimal number. */
export const makeNonce = (): string => randomBytes(8).readBigUInt64BE().toString();

/** A fresh PKCE verifier (RFC 7636 section 4.1): 256 random bits in base64url. */
export const makeVerifier = (): string => randomBytes(32).toString('base64url');

/** A fresh trace id: 32 hexadecimal digits (W3C Trace Context §3.2.2.3). */
export const makeTraceId = (): string => randomUUID().replaceAll('-', '');

/** A fresh key of 256 random bits. */
export const makeKey = (): Buffer => randomBytes(32);
