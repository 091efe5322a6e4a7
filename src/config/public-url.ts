import { BadSetting } from './bad-setting.ts';
import { hostNameOf, isLoopback } from './host-name.ts';
import type { Values } from './values.ts';

/** The address that browsers and phones use. @throws {@link BadSetting} where it is no origin of the web. */
export function publicUrlOf(values: Values): URL {
  const text = values.SCANGATE_PUBLIC_URL ?? `http://localhost:${values.PORT}`;
  if (!URL.canParse(text)) throw new BadSetting('SCANGATE_PUBLIC_URL', 'is not an address');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new BadSetting('SCANGATE_PUBLIC_URL', 'must begin with http:// or https://');
  }
  if (
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== '' ||
    url.password !== '' ||
    url.pathname !== '/'
  ) {
    throw new BadSetting('SCANGATE_PUBLIC_URL', 'must be an origin, without path, query, fragment or user');
  }
  const isOpen = !isLoopback(url.hostname) || !isLoopback(hostNameOf(values.HOST));
  if (values.SCANGATE_LIMITS === 'off' && isOpen) {
    throw new BadSetting(
      'SCANGATE_LIMITS',
      'off is for loopback addresses only, of HOST and SCANGATE_PUBLIC_URL',
    );
  }
  return url;
}
