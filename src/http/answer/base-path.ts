import type { Answer } from './answer.ts';

/** Discovery documents that RFC 8414 §3.1 puts at the root of the host, with the issuer's path behind their names. */
const ROOT_DOCUMENTS = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];

/** Local addresses in HTML: in attributes, whose values are escaped, and in a refresh. */
const ADDRESSES = /( (?:href|src|action)="| content="\d+; ?url=)\/(?!\/)/gi;

/**
 * The address of a request as routes know it, whether a proxy in front took the public address's path away or not.
 *
 * @param base that path, without a slash at its end; `''` for none.
 */
export function localUrl(base: string, url: string): string {
  if (base === '') return url;
  const [path, query] = split(url);
  const document = ROOT_DOCUMENTS.find((name) => path === name + base);
  if (document !== undefined) return document + query;
  if (path === base) return `/${query}`;
  return path.startsWith(`${base}/`) ? url.slice(base.length) : url;
}

/**
 * An answer as it leaves. Routes and pages speak as if the gateway stood at the root of its host; here its path comes in
 * front of where they lead to, and of the paths that cookies are sent to. A `__Host-` cookie's path is `/` by its nature.
 */
export function belowBase(base: string, answer: Answer): Answer {
  if (base === '') return answer;
  const { headers, body, type } = answer;
  const isPage = typeof body === 'string' && type?.startsWith('text/html') === true;
  return {
    ...answer,
    ...(headers === undefined ? {} : { headers: Object.fromEntries(Object.entries(headers).map(moved)) }),
    ...(isPage ? { body: body.replaceAll(ADDRESSES, (_, before: string) => `${before}${base}/`) } : {}),
  };

  function moved([name, value]: [string, string | readonly string[]]): [string, string | readonly string[]] {
    switch (name.toLowerCase()) {
      case 'location':
        return [name, typeof value === 'string' && /^\/(?!\/)/.test(value) ? base + value : value];
      case 'set-cookie':
        return [name, typeof value === 'string' ? movedCookie(value) : value.map(movedCookie)];
      default:
        return [name, value];
    }
  }

  function movedCookie(line: string): string {
    return line.startsWith('__Host-') ? line : line.replace('; Path=/', `; Path=${base}/`);
  }
}

function split(url: string): [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at)];
}
