import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';

/** Text that is kept where others may read: hidden, and kept from forgery (AES-256-GCM). */
export interface Box {
  close(text: string): string;
  /** The text, or undefined for anything that no key of the ring has closed for this purpose. */
  open(closed: string): string | undefined;
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Boxes for one purpose: `<key id>.<nonce, tag and ciphertext in base64url>`. */
export function boxOf(ring: KeyRing, purpose: string): Box {
  const name = `box/${purpose}`;
  return {
    close(text) {
      const key = ring.derive(ring.makingId, name);
      if (key === undefined) throw new Error('the ring lost its making key');
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce);
      const hidden = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `${ring.makingId}.${Buffer.concat([nonce, cipher.getAuthTag(), hidden]).toString('base64url')}`;
    },

    open(closed) {
      const [keyId = '', data = ''] = closed.split('.');
      const key = ring.derive(keyId, name);
      const bytes = Buffer.from(data, 'base64url');
      if (key === undefined || bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      try {
        const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([text, decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}
