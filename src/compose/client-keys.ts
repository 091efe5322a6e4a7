import type { Config } from '../config/config.ts';
import type { Client } from '../oauth/clients/client.ts';
import type { FollowingRegistry } from '../oauth/clients/client-registry.ts';
import type { KeySource } from '../phone/key-source.ts';
import type { Telling } from './telling.ts';
import { makeClientKeys } from './upstream.ts';
import type { ClientKeys } from './upstream.ts';

/**
 * Makes what keeps the keys of clients, one source for each `jwks_uri`. An address that no client has once they were read
 * again is forgotten.
 */
export function clientKeys(
  config: Config,
  telling: Telling,
  listed: Pick<FollowingRegistry, 'onRead'>,
): (address: string) => KeySource {
  const known = new Map<string, ClientKeys>();
  listed.onRead((clients: readonly Client[]) => {
    const addresses = new Set(clients.map(({ jwks_uri: address }) => address));
    for (const [address, source] of known) {
      if (addresses.has(address)) continue;
      known.delete(address);
      source.end();
    }
  });
  return (address) => {
    const source = known.get(address) ?? makeClientKeys(config, telling, address);
    known.set(address, source);
    return source.keys;
  };
}
