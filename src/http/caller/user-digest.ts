import { createHash } from 'node:crypto';
import type { User } from '../../ticket/events.ts';

/** Who a user is, for keys in the ledger. */
export function userDigest({ source, issuer, subject }: User): string {
  return createHash('sha256')
    .update(JSON.stringify([source, issuer, subject]))
    .digest('base64url');
}
