import { BadSetting } from './bad-setting.ts';
import { hostNameOf, isLoopback } from './host-name.ts';
import type { PhoneIdentityName } from './phone-identities.ts';
import type { Values } from './values.ts';

/**
 * Refuses to send real users' codes, cookies and tokens over a network in plain HTTP where nothing says that TLS ends in
 * front. A gateway of the phone identity `demo` has no real users, and answers near addresses only.
 *
 * @throws {@link BadSetting}
 */
export function assertNotPlain(values: Values, phoneIdentities: readonly PhoneIdentityName[]): void {
  const { HOST: host, SCANGATE_TLS_CERT: cert, SCANGATE_TRUSTED_PROXIES: proxies } = values;
  if (cert !== undefined || proxies !== undefined || values.SCANGATE_PLAIN_HTTP === 'allowed') return;
  if (isLoopback(hostNameOf(host)) || phoneIdentities.includes('demo')) return;
  throw new BadSetting(
    'HOST',
    `${host} is open to others, over plain http: give SCANGATE_TLS_CERT and SCANGATE_TLS_KEY, or list the proxy that ` +
      'ends TLS in SCANGATE_TRUSTED_PROXIES, or say SCANGATE_PLAIN_HTTP=allowed',
  );
}
