import { outward, systemResolve } from '../../src/outward/outward.ts';
import type { CallOutward, ResolveHost } from '../../src/outward/outward.ts';
import { systemTime } from '../../src/time/system-time.ts';

/** Calls as a gateway does whose operator named no private hosts. */
export function outwardTo(resolve: ResolveHost = systemResolve): CallOutward {
  return outward({ reach: { privateHosts: [] }, resolve, time: systemTime, timeoutMs: 5000 });
}
