import { setting } from '../setting.ts';
import type { Setting } from '../setting.ts';

/** The settings of TLS: by the gateway itself, or none. */
export const TLS_SETTINGS = {
  SCANGATE_TLS_CERT: setting(
    'text',
    undefined,
    'a file with the certificate in PEM, those that it takes to a root behind it; read again on change. With it the gateway speaks TLS 1.2 and 1.3, and the public address is https',
  ),
  SCANGATE_TLS_KEY: setting(
    'text',
    undefined,
    'a file with its private key in PEM, without a passphrase; not one that every user of the machine can read',
  ),
  SCANGATE_TLS_HANDSHAKE_TIMEOUT: setting('duration', 'PT10S', 'time a TLS handshake may take', {
    min: 1000,
    max: 120_000,
  }),
  SCANGATE_PLAIN_HTTP: setting(
    ['refused', 'allowed'],
    'refused',
    'whether a `HOST` off loopback may be served without TLS by real phones’ gateways: without a certificate, and without a listed proxy that ends TLS in front',
  ),
} as const satisfies Record<string, Setting>;
