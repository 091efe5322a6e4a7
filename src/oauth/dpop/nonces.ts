import type { KeyRing } from '../../secrets/key-ring.ts';

/** Makes and knows the nonces that proofs must carry (RFC 9449 §8): each says when it was made, by a node's clock. */
export interface Nonces {
  make(): string;
  /** How old a nonce is, in milliseconds; undefined for one that no node of ours made. */
  ageOf(nonce: string): number | undefined;
}

const PURPOSE = 'dpop-nonce';
const LENGTH_MAX = 64;

/**
 * Nothing of a nonce is kept: its MAC tells any node that it is ours.
 *
 * @param now milliseconds since the epoch.
 */
export function dpopNonces(ring: KeyRing, now: () => number): Nonces {
  return {
    make() {
      const at = Math.floor(now() / 1000).toString(36);
      const mac = ring.mac(ring.makingId, PURPOSE, [at]);
      if (mac === undefined) throw new Error('the making key is not in the ring');
      return `${at}.${mac}`;
    },
    ageOf(nonce) {
      if (nonce.length > LENGTH_MAX) return undefined;
      const [at = '', mac = '', ...rest] = nonce.split('.');
      if (rest.length > 0 || ring.check(mac, PURPOSE, [at]) === undefined) return undefined;
      return now() - parseInt(at, 36) * 1000;
    },
  };
}
