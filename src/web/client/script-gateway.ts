import { originOf } from './address.ts';

/** The address of the built file that this runs in, which the build puts in front; absent in a page's own scripts. */
declare const scangateScript: string | undefined;

/** The origin that the client was loaded from; `''` where that is not known, as in a bundle of somebody else. */
export function scriptOrigin(): string {
  const address = typeof scangateScript === 'string' ? scangateScript : '';
  return /^https?:/i.test(address) ? originOf(address) : '';
}
