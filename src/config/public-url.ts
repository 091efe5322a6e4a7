import { BadSetting } from './bad-setting.ts';
import { hostNameOf, isLoopback } from './host-name.ts';
import type { Values } from './values.ts';

/** What the gateway's own addresses begin with: a path that does so could be one of them. */
export const OWN_FOLDERS: readonly string[] = [
  '.well-known',
  'assets',
  'clients',
  'demo',
  'device',
  'docs',
  'livez',
  'metrics',
  'oauth',
  'openapi.yaml',
  'phone',
  'plain',
  'readyz',
  's',
  'v1',
];

const BEGINS = 'begins with https:// or http://';

/** The address that browsers and phones use. @throws {@link BadSetting} where it is none of the web. */
export function publicUrlOf(values: Values): URL {
  const hasTls = values.SCANGATE_TLS_CERT !== undefined;
  const text = values.SCANGATE_PUBLIC_URL ?? `http${hasTls ? 's' : ''}://localhost:${values.PORT}`;
  if (!URL.canParse(text)) throw new BadSetting('SCANGATE_PUBLIC_URL', `is not an address that ${BEGINS}`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new BadSetting('SCANGATE_PUBLIC_URL', `is not an address that ${BEGINS}`);
  }
  if (hasTls && url.protocol !== 'https:')
    throw new BadSetting('SCANGATE_PUBLIC_URL', 'must begin with https:// where SCANGATE_TLS_CERT is set');
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    throw new BadSetting('SCANGATE_PUBLIC_URL', 'must be without query, fragment and user');
  assertPath(url.pathname);
  const isOpen = !isLoopback(url.hostname) || !isLoopback(hostNameOf(values.HOST));
  if (values.SCANGATE_LIMITS === 'off' && isOpen) {
    throw new BadSetting(
      'SCANGATE_LIMITS',
      'off is for loopback addresses only, of HOST and SCANGATE_PUBLIC_URL',
    );
  }
  return url;
}

function assertPath(path: string): void {
  if (path === '/') return;
  if (!/^(?:\/[\w.~-]+)+\/?$/.test(path))
    throw new BadSetting('SCANGATE_PUBLIC_URL', 'has a path that is not of letters, digits and . _ ~ -');
  const first = path.split('/')[1] ?? '';
  if (OWN_FOLDERS.includes(first))
    throw new BadSetting('SCANGATE_PUBLIC_URL', `has a path that begins as the gateway's own /${first}`);
}
