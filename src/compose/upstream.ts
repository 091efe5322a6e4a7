import type { Config } from '../config/config.ts';
import { upstreamSettings } from '../config/rooms/phone.ts';
import { breaker } from '../phone/breaker.ts';
import type { Breaker, BreakerState } from '../phone/breaker.ts';
import { keySource } from '../phone/key-source.ts';
import type { KeySource } from '../phone/key-source.ts';
import { systemResolve } from '../phone/link-local.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { systemTime } from '../time/system-time.ts';
import { random } from './randomness.ts';

const OPEN: Record<BreakerState, number> = { closed: 0, half_open: 0.5, open: 1 };
const PAUSE_MS = 100;
const KEYS = { freshMs: 300_000, cooldownMs: 30_000 } as const;

/** Calls one source of users within the configured bounds, and shows in the metrics whether it is asked. */
export function makeUpstream(config: Config, metrics: Metrics, name: string): Breaker {
  metrics.upstreamOpen.set({ upstream: name }, 0);
  return breaker({
    ...upstreamSettings(config),
    pauseMs: PAUSE_MS,
    time: systemTime,
    random,
    onState: (state) => metrics.upstreamOpen.set({ upstream: name }, OPEN[state]),
  });
}

/** The keys at an address, or in a file: a phone app's issuer's, or those of a client's `jwks_uri`. */
export function makeRemoteKeys(config: Config, metrics: Metrics, from: string): KeySource {
  const calls = makeUpstream(config, metrics, 'keys');
  return keySource({
    from,
    breaker: calls,
    ...KEYS,
    now: () => systemTime.wallNow(),
    resolve: systemResolve,
  });
}
