import type { Client } from './client.ts';

/** What of a client's registration weakens its users' sign-ins, each in a few words. */
export function weaknessesOf({ redirect_uris: redirects, policy }: Client): readonly string[] {
  return [
    ...(policy.pkce === 'required' ? [] : [`scangate.pkce: ${policy.pkce}`]),
    ...(policy.endpoint_audiences === true ? ['scangate.endpoint_audiences'] : []),
    ...(redirects.some(isPlain) ? ['redirect_uris: plain http'] : []),
  ];
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

function isPlain(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'http:' && !LOOPBACK.has(hostname);
}
