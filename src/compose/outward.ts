import { BadSetting } from '../config/bad-setting.ts';
import { isLoopback } from '../config/host-name.ts';
import type { Config } from '../config/config.ts';
import { outward, systemResolve } from '../outward/outward.ts';
import type { CallOutward } from '../outward/outward.ts';
import { isLinkLocal, unreadableHosts } from '../outward/reach.ts';
import type { Tracing } from '../telemetry/tracing/tracing.ts';
import { systemTime } from '../time/system-time.ts';
import { tracedOutward } from './tracing/traced-outward.ts';

/**
 * Holds an address that the gateway asks against what may be asked: over https, or on this very machine.
 *
 * @throws BadSetting for another, and for one of the link itself.
 */
export function assertOutward(name: string, text: string): void {
  if (!/^https?:/.test(text) || !URL.canParse(text)) throw new BadSetting(name, 'is not a web address');
  const url = new URL(text);
  if (isLinkLocal(url)) throw new BadSetting(name, 'is an address of the link itself, which is never asked');
  if (url.protocol !== 'https:' && !isLoopback(url.hostname))
    throw new BadSetting(name, 'must begin with https://, unless it is on this machine');
}

/** Who makes this gateway's calls to others. @param timeoutMs the bound of one. @throws BadSetting for a private host that cannot be read. */
export function makeOutward(
  config: Config,
  tracing: Tracing | undefined,
  timeoutMs = config.SCANGATE_UPSTREAM_TIMEOUT,
): CallOutward {
  const privateHosts = config.SCANGATE_PRIVATE_HOSTS ?? [];
  const [bad] = unreadableHosts(privateHosts);
  if (bad !== undefined)
    throw new BadSetting(
      'SCANGATE_PRIVATE_HOSTS',
      `"${bad}" is no host name, address or network such as 10.0.0.0/8`,
    );
  const call = outward({
    reach: { privateHosts },
    resolve: systemResolve,
    time: systemTime,
    timeoutMs,
  });
  return tracing === undefined ? call : tracedOutward(call, tracing);
}
