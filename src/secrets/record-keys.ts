import { createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';

// PKCS #8 around a bare Ed25519 seed (RFC 8410 §7).
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The private keys that sign the record, one of each key of the ring: the making one first. */
export function recordKeys(ring: KeyRing): readonly KeyObject[] {
  return ring.ids.map((id) => recordKeyOf(ring, id)).filter((key) => key !== undefined);
}

/** The private key that signs the record by one key of the ring; undefined where the ring no longer holds that. */
export function recordKeyOf(ring: KeyRing, id: string): KeyObject | undefined {
  const seed = ring.derive(id, 'sign/record');
  if (seed === undefined) return undefined;
  return createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, seed]), format: 'der', type: 'pkcs8' });
}
