import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/** A header as it goes out. */
export type Header = readonly [name: string, value: string];

/**
 * The security headers of every answer, as helmet makes them. They depend on the public address alone, so helmet is
 * asked once and not with each request.
 *
 * `Strict-Transport-Security` and `upgrade-insecure-requests` follow the scheme of the public address: with plain HTTP
 * on a LAN both would lock phones out.
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
        ...(secure ? { 'upgrade-insecure-requests': [] } : {}),
      },
    },
    // On plain http browsers only complain of it, on every page.
    crossOriginOpenerPolicy: secure ? { policy: 'same-origin' } : false,
    frameguard: { action: 'deny' },
    hsts: secure,
    referrerPolicy: { policy: 'no-referrer' },
  });
  const headers: Header[] = [];
  const recorder = {
    setHeader: (name: string, value: string) => headers.push([name, value]),
    removeHeader: () => undefined,
  };
  protect({} as IncomingMessage, recorder as unknown as ServerResponse, (error?: unknown) => {
    if (error !== undefined) throw error as Error;
  });
  return headers;
}
