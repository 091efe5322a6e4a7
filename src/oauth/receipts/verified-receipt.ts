import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { RECEIPT_ALG, RECEIPT_TYPE } from './receipt.ts';
import type { Receipt } from './receipt.ts';

/** A text that is no receipt of a holder of these keys. Its message says why, in words. */
export class NoReceipt extends Error {
  override readonly name = 'NoReceipt';
}

/** The longest text that is taken for a receipt, in characters. */
export const RECEIPT_LENGTH_MAX = 16_384;

const seconds = z.int().positive();
const receipt = z.object({
  iss: z.string(),
  iat: seconds,
  jti: z.string(),
  sub_id: z.object({ format: z.literal('iss_sub'), iss: z.string(), sub: z.string() }),
  client_id: z.string(),
  ticket_id: z.string(),
  scope: z.string(),
  auth_time: seconds,
  amr: z.array(z.string()),
  number_matched: z.boolean(),
  same_device: z.literal(true).optional(),
  browser: z.object({ ip: z.string(), agent: z.string() }),
  sub: z.never().optional(),
  exp: z.never().optional(),
});

/** Whether a text looks like a JWS in compact form (RFC 7515 §3.1). */
export function looksSigned(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

/**
 * What a receipt says, once its signature was checked. It needs nothing but the keys, and no time.
 *
 * @param keys as `/.well-known/scangate-record-keys` tells them.
 * @throws NoReceipt for any other text: another kind of token, one that was altered, or one of a key that is not among them.
 */
export async function verifiedReceipt(text: string, keys: JSONWebKeySet): Promise<Receipt> {
  if (text.length > RECEIPT_LENGTH_MAX || !looksSigned(text))
    throw new NoReceipt('it is no JWS in compact form');
  const { payload } = await jwtVerify(text, createLocalJWKSet(keys), {
    typ: RECEIPT_TYPE,
    algorithms: [RECEIPT_ALG],
    currentDate: new Date(0),
  }).catch((error: unknown) => {
    throw new NoReceipt(reasonOf(error), { cause: error });
  });
  const { data } = receipt.safeParse(payload);
  if (data === undefined) throw new NoReceipt('it does not say what a receipt says');
  return data as Receipt;
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWKSNoMatchingKey) return 'its key is none of those that are given';
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return 'its signature is wrong: it was altered, or its key is another';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'typ')
    return 'it is another kind of token';
  return 'it cannot be read';
}
