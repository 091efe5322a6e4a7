import type { KeyRing } from './key-ring.ts';

/** Text that goes out and comes back unchanged: `<text in base64url>.<MAC>`. It is not hidden, only kept from forgery. */
export interface Seal {
  seal(text: string): string;
  /** The text, or undefined for anything that no key of the ring has sealed for this purpose. */
  open(sealed: string): string | undefined;
}

/** The longest sealed text that is looked at, in characters. */
export const SEALED_LENGTH_MAX = 4000;

/** Seals for one purpose; what another purpose has sealed does not open. */
export function sealOf(ring: KeyRing, purpose: string): Seal {
  const name = `seal/${purpose}`;
  return {
    seal(text) {
      const data = Buffer.from(text, 'utf8').toString('base64url');
      const mac = ring.mac(ring.makingId, name, [data]);
      if (mac === undefined) throw new Error('the ring lost its making key');
      return `${data}.${mac}`;
    },
    open(sealed) {
      if (sealed.length > SEALED_LENGTH_MAX) return undefined;
      const [data, mac, ...rest] = sealed.split('.');
      if (data === undefined || mac === undefined || rest.length > 0) return undefined;
      return ring.check(mac, name, [data]) === undefined
        ? undefined
        : Buffer.from(data, 'base64url').toString('utf8');
    },
  };
}
