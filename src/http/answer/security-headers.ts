import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import type { Answer } from './answer.ts';
import { isLoopback } from '../../config/host-name.ts';

/** A header as it goes out. */
export type Header = readonly [name: string, value: string];

/** What a browser may let a page do, none of which ours do (W3C Permissions Policy). */
const FEATURES = [
  'accelerometer',
  'autoplay',
  'camera',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-get',
  'screen-wake-lock',
  'usb',
  'xr-spatial-tracking',
];
const NO_FEATURES = FEATURES.map((name) => `${name}=()`).join(', ');

/**
 * The security headers of every answer, as helmet makes them. They depend on the public address alone, so helmet is
 * asked once and not with each request.
 *
 * Scripts of ours never write markup from text, so browsers are asked to forbid it (Trusted Types).
 *
 * `Strict-Transport-Security` and `upgrade-insecure-requests` follow the scheme of the public address: with plain HTTP
 * on a LAN both would lock phones out. The former is for the gateway's host alone, whose subdomains are others'; never
 * for loopback, whose other ports are, too (RFC 6797 §6.1.2, §8.1).
 */
export function securityHeaders(publicUrl: URL): readonly Header[] {
  const secure = publicUrl.protocol === 'https:';
  const socketOrigin = `${secure ? 'wss:' : 'ws:'}//${publicUrl.host}`;
  const protect = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'", 'data:', 'blob:'],
        'font-src': ["'self'"],
        'connect-src': ["'self'", socketOrigin],
        'form-action': ["'self'"],
        'frame-ancestors': ["'none'"],
        'base-uri': ["'none'"],
        'require-trusted-types-for': ["'script'"],
        'trusted-types': ["'none'"],
        ...(secure ? { 'upgrade-insecure-requests': [] } : {}),
      },
    },
    // On plain http browsers only complain of it, on every page, but for this machine's own.
    crossOriginOpenerPolicy: secure || isLoopback(publicUrl.hostname) ? { policy: 'same-origin' } : false,
    frameguard: { action: 'deny' },
    hsts: secure && !isLoopback(publicUrl.hostname) ? { includeSubDomains: false } : false,
    referrerPolicy: { policy: 'no-referrer' },
  });
  const headers: Header[] = [['Permissions-Policy', NO_FEATURES]];
  const recorder = {
    setHeader: (name: string, value: string) => headers.push([name, value]),
    removeHeader: () => undefined,
  };
  protect({} as IncomingMessage, recorder as unknown as ServerResponse, (error?: unknown) => {
    if (error !== undefined) throw error as Error;
  });
  return headers;
}

/** Of a page with a form: browsers without fetch metadata tell the form's origin to us alone. */
export const FORM_PAGE = { 'Referrer-Policy': 'same-origin' } as const;

const FRAMED_BY_NONE = "frame-ancestors 'none'";

/**
 * What lets pages of these origins show an answer in a frame, in the place of what every answer has.
 * `X-Frame-Options` knows no origins, and is left out.
 *
 * @param embedders of a client; undefined or empty: nobody may.
 */
export function framedBy(
  security: readonly Header[],
  embedders: readonly string[] | undefined = [],
): NonNullable<Answer['headers']> {
  const policy = security.find(([name]) => name === 'Content-Security-Policy')?.[1];
  if (embedders.length === 0 || policy === undefined) return {};
  return {
    'Content-Security-Policy': policy.replace(FRAMED_BY_NONE, `frame-ancestors ${embedders.join(' ')}`),
    'X-Frame-Options': [],
  };
}
