import type { IncomingMessage } from 'node:http';

/** How refusals look: RFC 9457, the OAuth error object, or a page for people. */
export type ErrorStyle = 'problem' | 'oauth' | 'page';

/** What stands under `/oauth` answers as OAuth does, a path that is unknown there too. */
export function styleAt(url: string): ErrorStyle {
  return url.startsWith('/oauth/') ? 'oauth' : 'problem';
}

/**
 * How this request's refusal looks: a person who opens an address of the API in a browser reads a page, and a program
 * that asks a page for JSON gets JSON (RFC 9110 §12.5.1).
 *
 * @param own the style of the route, or of its part of the site.
 */
export function styleFor(own: ErrorStyle, req: IncomingMessage): ErrorStyle {
  const accept = req.headers.accept ?? '';
  const html = namedQuality(accept, HTML);
  const json = namedQuality(accept, JSON_TYPES);
  if (own === 'page') return json > html ? styleAt(req.url ?? '') : 'page';
  return html > 0 && html >= json && isNavigation(req) ? 'page' : own;
}

const HTML = ['text/html'];
const JSON_TYPES = ['application/json', 'application/problem+json'];

/** The best quality of these types where the header names them itself; 0 where it does not. */
function namedQuality(accept: string, types: readonly string[]): number {
  let best = 0;
  for (const part of accept.slice(0, 500).split(',')) {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    if (!types.includes(type)) continue;
    const given = parameters.find((text) => text.startsWith('q='));
    const quality = given === undefined ? 1 : Number(given.slice(2));
    if (quality > best) best = quality;
  }
  return best;
}

// Some programs accept HTML without meaning it: they send no Sec-Fetch-Mode, and a credential or a body.
function isNavigation({ headers, method }: IncomingMessage): boolean {
  const mode = headers['sec-fetch-mode'];
  if (mode !== undefined) return mode === 'navigate';
  return (method === 'GET' || method === 'HEAD') && headers.authorization === undefined;
}
