import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';
import { UpstreamRefusal } from './breaker.ts';

/** The addresses that a host's name stands for. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** As the system resolves names. */
export const systemResolve: ResolveHost = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * Whether a URL's host is an address of the link itself (RFC 3927, RFC 4291 §2.5.6), written in whatever way: clouds hand
 * out a machine's own credentials at one.
 */
export function isLinkLocal(url: URL): boolean {
  return isLinkLocalAddress(hostOf(url));
}

/** Refuses a URL whose host is, or resolves to, an address of the link itself. @throws UpstreamRefusal */
export async function refuseLinkLocal(address: string, resolve: ResolveHost): Promise<void> {
  const found = await resolve(hostOf(new URL(address)));
  if (found.some((one) => isLinkLocalAddress(one))) throw new UpstreamRefusal('a link-local address');
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function isLinkLocalAddress(text: string): boolean {
  return ipaddr.isValid(text) && ipaddr.process(text).range() === 'linkLocal';
}
