import type { Config } from '../config/config.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { Outages } from '../telemetry/outages.ts';
import { systemTime } from '../time/system-time.ts';

/** Where it is told what is away. What is back and has been for as long as a canary is sent again counts as over. */
export function openOutages(
  config: Config,
  telling: { readonly log: Log; readonly metrics: Metrics },
): Outages {
  return new Outages({
    ...telling,
    now: () => systemTime.now(),
    after: (ms, call) => systemTime.after(ms, call),
    quietMs: config.SCANGATE_CANARY_PERIOD,
  });
}
