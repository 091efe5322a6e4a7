import { BadSetting } from '../config/bad-setting.ts';
import { isLoopback } from '../config/host-name.ts';
import { isLinkLocal } from '../phone/link-local.ts';

/**
 * Holds an address that the gateway asks against what may be asked: over https, or on this very machine.
 *
 * @throws BadSetting for another, and for one of the link itself.
 */
export function assertOutward(name: string, text: string): void {
  if (!/^https?:/.test(text) || !URL.canParse(text)) throw new BadSetting(name, 'is not a web address');
  const url = new URL(text);
  if (isLinkLocal(url)) throw new BadSetting(name, 'is an address of the link itself, which is never asked');
  if (url.protocol !== 'https:' && !isLoopback(url.hostname))
    throw new BadSetting(name, 'must begin with https://, unless it is on this machine');
}
