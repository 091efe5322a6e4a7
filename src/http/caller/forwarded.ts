import type { IncomingHttpHeaders } from 'node:http';

/** Hops as a header names them, the client's first: addresses, or whatever stands in their place. */
export type Chain = readonly string[];

/** Hops that are looked at, from the right. */
const HOPS_MAX = 32;

/** A header that is longer is not looked at from its beginning. */
const LENGTH_MAX = 2000;

const ELEMENT = /(?:"(?:[^"\\]|\\.)*"|[^,"])+/g;
const FOR = /(?:^|;)\s*for\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))/i;

/**
 * Whom a request was forwarded for, one chain for each header that says so: `X-Forwarded-For`, `Forwarded` (RFC 7239 §4)
 * and `X-Real-IP`. None: it came as it is.
 */
export function forwardedChains(headers: IncomingHttpHeaders): readonly Chain[] {
  const { forwarded, 'x-forwarded-for': hops, 'x-real-ip': real } = headers;
  const chains: Chain[] = [];
  if (hops !== undefined) chains.push(listOf(String(hops)));
  if (forwarded !== undefined)
    chains.push((tailOf(forwarded).match(ELEMENT) ?? []).slice(-HOPS_MAX).map(nodeOf));
  if (real !== undefined) chains.push(listOf(String(real)).slice(-1));
  return chains;
}

function listOf(text: string): Chain {
  return tailOf(text)
    .split(',')
    .slice(-HOPS_MAX)
    .map((hop) => withoutPort(hop.trim()));
}

function tailOf(text: string): string {
  return text.slice(-LENGTH_MAX);
}

function nodeOf(element: string): string {
  const [, quoted, token = ''] = FOR.exec(element.trim()) ?? [];
  return withoutPort(quoted?.replaceAll(/\\(.)/g, '$1') ?? token);
}

function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  return /^[\d.]+:\d+$/.test(hop) ? hop.slice(0, hop.indexOf(':')) : hop;
}
