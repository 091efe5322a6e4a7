import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Personal } from '../entry/entry.ts';
import type { SortableId } from '../ids/sortable-id.ts';

const ALGORITHM = 'aes-256-gcm';
const TAG_BYTES = 16;

/** How many bytes of randomness seal what an entry says of a person. */
export const PERSON_KEY_BYTES = 32;

/**
 * Seals what an entry says of a person (AES-256-GCM). The nonce is the entry's id: a key seals one entry of an id, and a second
 * arrival of it is the same text.
 */
export function sealedPerson(key: Buffer, id: SortableId, personal: Personal): string {
  const cipher = createCipheriv(ALGORITHM, key, nonceOf(id));
  const hidden = Buffer.concat([cipher.update(JSON.stringify(personal), 'utf8'), cipher.final()]);
  return Buffer.concat([cipher.getAuthTag(), hidden]).toString('base64url');
}

/** What was sealed; undefined where this key has not sealed it, or it was altered. */
export function openedPerson(key: Buffer, id: SortableId, sealed: string): Personal | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, nonceOf(id));
  decipher.setAuthTag(bytes.subarray(0, TAG_BYTES));
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(TAG_BYTES)), decipher.final()]);
    return JSON.parse(text.toString('utf8')) as Personal;
  } catch {
    return undefined;
  }
}

function nonceOf(id: SortableId): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(id, 4);
  return nonce;
}
