import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Cipher } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';

/** A ticket's id is one block of AES: 16 bytes, 22 characters of base64url. */
const ALGORITHM = 'aes-256-ecb';
const PURPOSE = 'ticket name in logs';
const PREFIX = 't_';
const NAME = /^t_([\w-]{22})$/;

/** How tickets are called in logs: by a keyed hash of their id, which only whoever has the gateway's secrets can turn back. */
export interface TicketNames {
  /** `t_` and 22 characters; the same for a ticket as long as the key that makes stays the same. */
  nameOf(ticketId: string): string;
  /** The ids that a name may stand for, one for each key of the ring; empty for what is no such name. */
  idsOf(name: string): readonly string[];
}

/** Whether a text has the form of such a name. */
export function isTicketName(text: string): boolean {
  return NAME.test(text);
}

/** Names under the keys of a ring. */
export function ticketNames(ring: KeyRing): TicketNames {
  let made: { readonly keyId: string; readonly cipher: Cipher } | undefined;

  // One block after the other, each for itself: a cipher can be used again.
  function cipher(): Cipher {
    const keyId = ring.makingId;
    if (made?.keyId !== keyId) {
      const key = keyOf(keyId);
      made = { keyId, cipher: createCipheriv(ALGORITHM, key, null).setAutoPadding(false) };
    }
    return made.cipher;
  }

  function keyOf(keyId: string): Buffer {
    const key = ring.derive(keyId, PURPOSE);
    if (key === undefined) throw new Error('the ring lost a key');
    return key;
  }

  return {
    nameOf: (ticketId) => PREFIX + cipher().update(Buffer.from(ticketId, 'base64url')).toString('base64url'),
    idsOf(name) {
      const hidden = NAME.exec(name)?.[1];
      if (hidden === undefined) return [];
      const block = Buffer.from(hidden, 'base64url');
      return ring.ids.map((keyId) =>
        createDecipheriv(ALGORITHM, keyOf(keyId), null)
          .setAutoPadding(false)
          .update(block)
          .toString('base64url'),
      );
    },
  };
}
