import { randomBytes, randomUUID } from 'node:crypto';

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
