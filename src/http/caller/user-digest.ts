import { hash } from 'node:crypto';
import type { User } from '../../ticket/events.ts';

/** Who a user is, for keys in the ledger. */
export function userDigest({ source, issuer, subject }: User): string {
  return hash('sha256', JSON.stringify([source, issuer, subject]), 'base64url');
}
