import type { Connect } from '../../../src/store/redis/connection/redis-connection.ts';
import type { Network } from '../network/network.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import { SimulatedConnection } from './simulated-connection.ts';

/** How a process of a simulation connects to its servers. */
export function connectIn(network: Network, process: SimulatedProcess): Connect {
  return (address, _role, { endpoint = address.endpoints[0] } = {}) =>
    new SimulatedConnection({
      process,
      network,
      locate: () => Promise.resolve(`${endpoint?.host}:${endpoint?.port}`),
    });
}
