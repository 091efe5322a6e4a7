import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import { BadSetting } from '../../config/bad-setting.ts';
import { forwardedChains } from './forwarded.ts';
import type { Chain } from './forwarded.ts';

/** Where a request comes from, as far as the gateway can tell. */
export interface ClientAddress {
  /** Empty where it came through a proxy whose word does not count: then nobody is on the same network as it. */
  readonly ip: string;
  /**
   * What is counted against it: an IPv4 address, or the /56 network of an IPv6 one, all of which a client may have to
   * itself. Where the client is unknown, it is the peer's. Undefined only for a socket that has no peer any more.
   */
  readonly counted: string | undefined;
  /** Whether it is loopback, and so was every address that it was forwarded for. */
  readonly isLoopback: boolean;
}

/** How an address is told to people: its network where the address itself is not known. */
export function fromOf({ ip, counted }: ClientAddress): string | undefined {
  return ip === '' ? counted : ip;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

/**
 * Makes the reader of client addresses. What a peer says that it forwards for (`X-Forwarded-For`, RFC 7239 `Forwarded`,
 * `X-Real-IP`) counts only from trusted proxies, read from its right end to the first address that is not one of them.
 * Where two of these name different clients, one of them is the client's own invention, and neither counts.
 *
 * @param trusted addresses, or networks in CIDR notation.
 * @param onUnlisted told once about each peer that forwards without being listed; of far ones, which may be anyone, about
 *   the first few.
 * @throws BadSetting for one that is neither.
 */
export function clientAddresses(
  trusted: readonly string[],
  onUnlisted: (peer: string) => void,
): (req: IncomingMessage) => ClientAddress {
  const networks = trusted.map(readNetwork);
  const near = { warned: new Set<string>(), max: WARNED_NEAR_MAX };
  const far = { warned: new Set<string>(), max: WARNED_FAR_MAX };
  const isTrusted = (address: Address): boolean => networks.some((network) => isIn(address, network));

  return (req) => {
    const peer = readAddress(req.socket.remoteAddress ?? '');
    if (peer === undefined) return { ip: '', counted: undefined, isLoopback: false };
    const chains = forwardedChains(req.headers);
    if (chains.length === 0) return known(peer);
    if (!isTrusted(peer)) {
      const { warned, max } = isNear(peer) ? near : far;
      if (!warned.has(peer.toString()) && warned.size < max) {
        warned.add(peer.toString());
        onUnlisted(peer.toString());
      }
      return unknown(peer, chains);
    }
    const clients = chains.map((chain) => nearestUntrusted(chain, peer, isTrusted));
    const [client = peer, ...others] = clients;
    return others.every((other) => other.toString() === client.toString())
      ? known(client)
      : unknown(peer, chains);
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
    return countedOf(peer);
  };
}

const WARNED_NEAR_MAX = 1000;
const WARNED_FAR_MAX = 20;

/** Whether a connection comes from a loopback, private or link-local address, whoever it may be forwarded for. */
export function isNearPeer({ remoteAddress }: Pick<Socket, 'remoteAddress'>): boolean {
  const peer = readAddress(remoteAddress ?? '');
  return peer !== undefined && isNear(peer);
}

function known(address: Address): ClientAddress {
  const isLoopback = address.range() === 'loopback';
  return { ip: address.toString(), counted: countedOf(address), isLoopback };
}

function unknown(peer: Address, chains: readonly Chain[]): ClientAddress {
  const claimed = [peer, ...chains.flat().map((hop) => readAddress(hop))];
  const isLoopback = claimed.every((address) => address?.range() === 'loopback');
  return { ip: '', counted: countedOf(peer), isLoopback };
}

function nearestUntrusted(chain: Chain, peer: Address, isTrusted: (address: Address) => boolean): Address {
  let nearest = peer;
  for (const hop of chain.toReversed()) {
    const address = readAddress(hop);
    if (address === undefined) return nearest;
    nearest = address;
    if (!isTrusted(address)) return address;
  }
  return nearest;
}

/** What is counted together of an address, as {@link ClientAddress.counted} is; a text that is no address stays as it is. */
export function countedAddress(text: string): string {
  const address = readAddress(text);
  return address === undefined ? text : countedOf(address);
}

/** Whether an address is loopback, private or link-local; false for a text that is none. */
export function isPrivateAddress(text: string): boolean {
  const address = readAddress(text);
  return address !== undefined && isNear(address);
}

function countedOf(address: Address): string {
  if (!('parts' in address)) return address.toString();
  const [a = 0, b = 0, c = 0, d = 0] = address.parts;
  return `${[a, b, c, d & 0xff00].map((part) => part.toString(16)).join(':')}::/56`;
}

/** Texts that were read a moment ago: each request asks for its peer several times, and most come from few. */
const lately = new Map<string, Address | undefined>();
const LATELY_MAX = 1000;
/** The longest text of an address (RFC 4291 §2.2, with a zone of an interface); longer ones are not kept. */
const ADDRESS_LENGTH_MAX = 64;

function readAddress(text: string): Address | undefined {
  const known = lately.get(text);
  if (known !== undefined || lately.has(text)) return known;
  const address = text !== '' && ipaddr.isValid(text) ? ipaddr.process(text) : undefined;
  if (text.length > ADDRESS_LENGTH_MAX) return address;
  if (lately.size >= LATELY_MAX) lately.clear();
  lately.set(text, address);
  return address;
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
