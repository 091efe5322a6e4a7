import { connect } from 'node:tls';
import { ask } from './ask.mjs';
import { Skipped } from './skipped.mjs';

/** @typedef {import('./audit.mjs').Target} Target */

const DAY_S = 86_400;
const SHAKE_MS = 10_000;

/** Why a certificate is not trusted. @type {readonly (readonly [RegExp, string])[]} */
const MISTRUSTED = [
  [/HAS_EXPIRED/, 'the certificate has expired'],
  [/NOT_YET_VALID/, 'the certificate does not count yet'],
  [/ALTNAME_INVALID/, 'the certificate is for another name'],
  [
    /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/,
    'the certificate is signed by itself, or by an authority that is not known here: NODE_EXTRA_CA_CERTS=<file> names one of yours',
  ],
];

/** What is wrong with the certificate, where that is why nothing could be asked. @param {NodeJS.ErrnoException} error */
export function mistrustOf({ code = '' }) {
  return MISTRUSTED.find(([pattern]) => pattern.test(code))?.[1];
}

/** @param {Target} target */
export async function tls({ at, url, isLoopback, mistrust }) {
  if (url.protocol === 'http:') {
    if (isLoopback) throw new Skipped('plain http on loopback');
    return ['plain http: whoever is on the way reads codes, cookies and tokens'];
  }
  const says = mistrust === undefined ? [] : [mistrust];
  const old = await shake(url, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' });
  if (old !== undefined) says.push('TLS below 1.2 is spoken');
  if (mistrust !== undefined) return says;
  const { headers } = await ask(at('/livez'));
  const age = Number(/max-age=(\d+)/.exec(headers['strict-transport-security'] ?? '')?.[1] ?? 0);
  // It would be for every port of this machine (RFC 6797 §8.1).
  if (age < 180 * DAY_S && !isLoopback)
    says.push('strict-transport-security is missing, or for less than 180 days');
  const ends = await shake(url, {});
  if (ends !== undefined && ends - Date.now() < 14 * DAY_S * 1000)
    says.push('the certificate ends within 14 days');
  return says;
}

/**
 * When the certificate ends; undefined where no handshake came of it. Nothing is said to whoever is there.
 *
 * @param {URL} url @param {import('node:tls').ConnectionOptions} how @returns {Promise<number | undefined>}
 */
function shake(url, how) {
  return new Promise((resolve) => {
    const host = url.hostname.replaceAll(/[[\]]/g, '');
    const port = Number(url.port || 443);
    const servername = /^[\d.]+$|:/.test(host) ? '' : host;
    const socket = connect({ host, port, servername, rejectUnauthorized: false, ...how }, () => {
      resolve(Date.parse(socket.getPeerCertificate().valid_to));
      socket.destroy();
    });
    socket.setTimeout(SHAKE_MS, () => socket.destroy());
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(undefined));
  });
}
