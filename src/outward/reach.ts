import ipaddr from 'ipaddr.js';

/** Addresses that do not leave this machine, or a network that the operator may have to themselves. */
const NEAR: ReadonlySet<string> = new Set(['loopback', 'private', 'uniqueLocal', 'carrierGradeNat']);

/** How far the gateway reaches out by itself. */
export interface Reach {
  /** Host names and networks (CIDR) in which clients' addresses may lie, though they are private. */
  readonly privateHosts: readonly string[];
}

/**
 * Which private addresses may be asked: `any` where the operator wrote the URL into the gateway's own settings; `own` where its host
 * is written as an address or is this machine's own name, and those that are listed; `listed` those alone.
 */
export type Nearness = 'any' | 'own' | 'listed';

/**
 * Why the gateway may not connect to an address that a URL's host stands for; undefined where it may. Whatever way the
 * address is written in (IPv4 within IPv6: RFC 4291 §2.5.5, RFC 6052, RFC 3056), the one that is meant counts.
 */
export function reachMistake(
  host: string,
  address: string,
  reach: Reach,
  nearness: Nearness,
): string | undefined {
  if (!ipaddr.isValid(address)) return 'no address';
  const meant = meantBy(ipaddr.parse(address));
  const range = meant.range();
  if (range === 'unicast') return undefined;
  if (!NEAR.has(range)) return `an address of the kind ${range}`;
  if (
    nearness === 'any' ||
    (nearness === 'own' && isOwnName(host)) ||
    isListed(host, meant, reach.privateHosts)
  )
    return undefined;
  return 'a private address that the operator has not named';
}

/** Whether a host is written as an address, or is this machine's own name: whoever registered it saw where it leads. */
function isOwnName(host: string): boolean {
  return ipaddr.isValid(host) || host === 'localhost' || host.endsWith('.localhost');
}

function isListed(host: string, meant: Address, listed: readonly string[]): boolean {
  return listed.some((one) => {
    if (!one.includes('/')) return one === host || one === meant.toString();
    const [network, bits] = ipaddr.parseCIDR(one);
    return network.kind() === meant.kind() && meant.match(network, bits);
  });
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

function meantBy(address: Address): Address {
  if (!('parts' in address)) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  const { parts } = address;
  const range = address.range();
  // Of 64:ff9b:1::/48 (RFC 8215) nobody but its network knows where the address of IPv4 stands.
  const isTranslated = range === 'rfc6145' || (range === 'rfc6052' && parts[2] === 0);
  if (isTranslated) return fourOf(parts[6], parts[7]);
  if (range === '6to4') return fourOf(parts[1], parts[2]);
  // ::a.b.c.d of RFC 4291 §2.5.5.1, which is not :: and not ::1.
  const isCompatible = parts.slice(0, 6).every((part) => part === 0) && parts[6] !== 0;
  return isCompatible ? fourOf(parts[6], parts[7]) : address;
}

function fourOf(high = 0, low = 0): ipaddr.IPv4 {
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}

/** Whether a URL's host is an address of the link itself (RFC 3927, RFC 4291 §2.5.6), written in whatever way. */
export function isLinkLocal({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.isValid(host) && meantBy(ipaddr.parse(host)).range() === 'linkLocal';
}

/** The entries that are neither a host name nor an address nor a network. */
export function unreadableHosts(listed: readonly string[]): readonly string[] {
  return listed.filter((one) =>
    one.includes('/') ? !ipaddr.isValidCIDR(one) : !/^[a-z0-9.-]+$|^[0-9a-f:]+$/.test(one),
  );
}
