import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../../config/host-name.ts';
import { ScangateError } from '../../ticket/error.ts';

/** A host as RFC 9110 §7.2 has it: a name or address, and perhaps a port. */
const HOST = /^(?:([A-Za-z0-9._~%!$&'()*+,;=-]*)|(\[[0-9A-Fa-f:.]+\]))(?::\d{0,5})?$/;

/** An address in absolute form: its host counts, whatever the header says (RFC 9112 §3.2.2). */
const TARGET = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i;

/** What load balancers ask, by whatever name they have for this node. */
const ANY_HOST = /^(?:https?:\/\/[^/]*)?\/(?:livez|readyz)(?:\?|$)/i;

/**
 * Makes the check of whom a request is for (RFC 9112 §3.2): exactly one `Host`, and our own name in it, or in the whole address, so that no page of
 * another name, which its owner lets lead here, is answered as if it were ours. Our names are the public address's, a
 * loopback one, and the very address that the connection came to.
 *
 * @param isLocal whether a request comes from this machine, which may call us what it likes.
 * @returns what throws ScangateError `invalid_request`.
 */
export function hostCheck(
  publicUrl: URL,
  isLocal: (req: IncomingMessage) => boolean,
): (req: IncomingMessage) => void {
  return (req) => {
    const { headers, httpVersion, rawHeaders, url = '' } = req;
    const target = TARGET.exec(url)?.[1];
    // Only HTTP/1.0, as old health checks speak it, may leave it out.
    if (headers.host === undefined && httpVersion !== '1.0') throw refused('There is no Host header.');
    if (countOf(rawHeaders) > 1) throw refused('There are two Host headers.');
    const given = target ?? headers.host;
    if (given === undefined) return;
    const host = nameOf(given);
    if (host === undefined || nameOf(headers.host ?? '') === undefined) throw refused('The Host is not one.');
    const isOurs = host === publicUrl.hostname || isLoopback(host) || isOwnAddress(host, req);
    if (!isOurs && !ANY_HOST.test(url) && !isLocal(req)) throw refused('This host is not here.');
  };
}

/** The name or address in a host, without its port; undefined for what is none. */
function nameOf(text: string): string | undefined {
  const [whole, name = '', address = ''] = HOST.exec(text) ?? [];
  return whole === undefined ? undefined : (name + address).toLowerCase();
}

function refused(message: string): ScangateError {
  return new ScangateError('invalid_request', { field: 'Host', message });
}

function countOf(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

function isOwnAddress(host: string, { socket: { localAddress = '' } }: IncomingMessage): boolean {
  const own = localAddress.replace(/^::ffff:(?=\d+\.)/, '');
  return host !== '' && host === (own.includes(':') ? `[${own}]` : own);
}
