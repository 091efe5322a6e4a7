import type { Links } from './notice.ts';

/** `https://host:port` of an absolute address, or `''` for one that has none. */
export function originOf(address: string): string {
  const match = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+/i.exec(address);
  return match ? match[0].toLowerCase() : '';
}

/** An address up to its path, without a slash at its end: where a gateway is; `''` for one without an origin. */
export function baseOf(address: string): string {
  const origin = originOf(address);
  return (
    origin &&
    origin +
      address
        .slice(origin.length)
        .replace(/[?#].*$/, '')
        .replace(/\/+$/, '')
  );
}

/** The same address on another origin. */
function moved(address: string, origin: string): string {
  const own = originOf(address);
  return origin + (own ? address.slice(own.length) : address);
}

/**
 * The links on the origin that minted the ticket. Its cookie and its bearer belong to that origin alone, and a gateway
 * that is reached by another name than its public one would else send them astray.
 */
export function linksOn(origin: string, links: Links): Links {
  return {
    self: moved(links.self, origin),
    events: moved(links.events, origin),
    poll: moved(links.poll, origin),
    socket: moved(links.socket, origin.replace(/^http/i, 'ws')),
    qr: moved(links.qr, origin),
  };
}

/** The address with one more query parameter; unchanged when the value is missing. */
export function withQuery(address: string, name: string, value: string | undefined): string {
  if (value === undefined || value === '') return address;
  return address + (address.indexOf('?') < 0 ? '?' : '&') + name + '=' + encodeURIComponent(value);
}
