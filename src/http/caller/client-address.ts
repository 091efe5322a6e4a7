import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import { BadSetting } from '../../config/bad-setting.ts';

/** Where a request comes from, as far as the gateway can tell. */
export interface ClientAddress {
  readonly ip: string;
  /**
   * What is counted against it: an IPv4 address, or the /56 network of an IPv6 one, all of which a client may have to
   * itself. Undefined for a peer that forwards for others without being listed: nothing can be counted by its address.
   */
  readonly counted: string | undefined;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

/**
 * Makes the reader of client addresses. `X-Forwarded-For` counts only from trusted proxies, read from its right end to
 * the first address that is not one of them.
 *
 * @param trusted addresses, or networks in CIDR notation.
 * @param onUnlisted told once about each loopback or private peer that forwards without being listed.
 * @throws BadSetting for one that is neither.
 */
export function clientAddresses(
  trusted: readonly string[],
  onUnlisted: (peer: string) => void,
): (req: IncomingMessage) => ClientAddress {
  const networks = trusted.map(readNetwork);
  const warned = new Set<string>();
  const isTrusted = (address: Address): boolean => networks.some((network) => isIn(address, network));

  return (req) => {
    const peer = readAddress(req.socket.remoteAddress ?? '');
    if (peer === undefined) return { ip: '', counted: undefined };
    const forwarded = req.headers['x-forwarded-for'];
    if (forwarded === undefined && req.headers.forwarded === undefined) return counted(peer);
    if (!isTrusted(peer)) {
      const near = isNear(peer);
      if (near && !warned.has(peer.toString()) && warned.size < WARNED_MAX) {
        warned.add(peer.toString());
        onUnlisted(peer.toString());
      }
      return near ? { ip: peer.toString(), counted: undefined } : counted(peer);
    }
    return counted(nearestUntrusted(String(forwarded ?? ''), peer, isTrusted));
  };
}

/**
 * Makes the reader of what the bound of connections per address counts, before anything was said on one.
 *
 * @param trusted as of {@link clientAddresses}: these bring many clients, and are not counted.
 * @returns undefined for one of them.
 */
export function connectionAddresses(trusted: readonly string[]): (socket: Socket) => string | undefined {
  const networks = trusted.map(readNetwork);
  return ({ remoteAddress }) => {
    const peer = readAddress(remoteAddress ?? '');
    if (peer === undefined || networks.some((network) => isIn(peer, network))) return undefined;
    return counted(peer).counted;
  };
}

const WARNED_MAX = 1000;

/** Hops that are looked at, from the right. */
const HOPS_MAX = 32;

function nearestUntrusted(header: string, peer: Address, isTrusted: (address: Address) => boolean): Address {
  let nearest = peer;
  for (const hop of header.split(',').slice(-HOPS_MAX).toReversed()) {
    const address = readAddress(withoutPort(hop.trim()));
    if (address === undefined) return nearest;
    nearest = address;
    if (!isTrusted(address)) return address;
  }
  return nearest;
}

function counted(address: Address): ClientAddress {
  const ip = address.toString();
  if (!('parts' in address)) return { ip, counted: ip };
  const [a = 0, b = 0, c = 0, d = 0] = address.parts;
  return { ip, counted: `${[a, b, c, d & 0xff00].map((part) => part.toString(16)).join(':')}::/56` };
}

function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  return /^[\d.]+:\d+$/.test(hop) ? hop.slice(0, hop.indexOf(':')) : hop;
}

function readAddress(text: string): Address | undefined {
  return text !== '' && ipaddr.isValid(text) ? ipaddr.process(text) : undefined;
}

function readNetwork(text: string): Network {
  try {
    if (text.includes('/')) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch {
    const why = `"${text}" is neither an address nor a network such as 10.0.0.0/8`;
    throw new BadSetting('SCANGATE_TRUSTED_PROXIES', why);
  }
}

function isIn(address: Address, [network, bits]: Network): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

function isNear(address: Address): boolean {
  return ['loopback', 'private', 'linkLocal', 'uniqueLocal', 'carrierGradeNat'].includes(address.range());
}

/** Whether two addresses seem to be behind one router: equal, or of one /24 (IPv4) or /64 (IPv6). */
export function sameNetwork(one: string, other: string): boolean {
  const [a, b] = [readAddress(one), readAddress(other)];
  if (a === undefined || b === undefined || a.kind() !== b.kind()) return false;
  return isIn(a, [b, a.kind() === 'ipv4' ? 24 : 64]);
}
