import type { RedisAddress } from '../../../src/store/redis/connection/address.ts';
import type { Connect, ConnectOptions } from '../../../src/store/redis/connection/redis-connection.ts';
import type { Network } from '../network/network.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import { SentinelLocator } from './sentinel-locator.ts';
import { SimulatedConnection } from './simulated-connection.ts';
import type { ServerFinder } from './simulated-connection.ts';

/** How a process of a simulation connects to its servers. */
export function connectIn(network: Network, process: SimulatedProcess): Connect {
  return (address, _role, options = {}) =>
    new SimulatedConnection(process, network, finderOf(process, network, address, options));
}

function finderOf(
  process: SimulatedProcess,
  network: Network,
  address: RedisAddress,
  { endpoint, failoverDetector = true }: ConnectOptions,
): ServerFinder {
  if (address.kind !== 'sentinel' || endpoint !== undefined) {
    const { host, port } = endpoint ?? address.endpoints[0] ?? {};
    return { locate: () => Promise.resolve(`${host}:${port}`) };
  }
  const locator = new SentinelLocator(process, network, address);
  return {
    locate: () => locator.locate(),
    accepts: (info) => {
      const isMaster = /^role:master/m.test(info);
      if (!isMaster) locator.doubt();
      return isMaster;
    },
    onConnecting: (leave) => failoverDetector && locator.listen(leave),
    onEnd: () => locator.ignore(),
  };
}
