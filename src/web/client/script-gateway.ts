import { baseOf, originOf } from './address.ts';

/** The address of the built file that this runs in, which the build puts in front; absent in a page's own scripts. */
declare const scangateScript: string | undefined;

/** A file of the gateway's own, and in front of it where the gateway is. */
const ASSET = /^(.*)\/assets\/[^/]*$/;

/** The gateway that the client was loaded from; `''` where that is not known, as in a bundle of somebody else. */
export function scriptGateway(): string {
  const address = typeof scangateScript === 'string' ? scangateScript : '';
  if (!/^https?:/i.test(address)) return '';
  const base = ASSET.exec(address.replace(/[?#].*$/, ''));
  return base ? baseOf(base[1] ?? '') : originOf(address);
}
