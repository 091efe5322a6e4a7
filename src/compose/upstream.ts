import type { Config } from '../config/config.ts';
import { upstreamSettings } from '../config/rooms/phone.ts';
import { UpstreamAway, breaker } from '../phone/breaker.ts';
import type { Breaker, BreakerState, UpstreamRefusal } from '../phone/breaker.ts';
import { keySource } from '../phone/key-source.ts';
import type { KeySource, KeySourceOptions } from '../phone/key-source.ts';
import { REFUSED_GATEWAY } from '../phone/wechat/api.ts';
import type { Failure, Outage } from '../telemetry/outages.ts';
import { systemTime } from '../time/system-time.ts';
import { makeOutward } from './outward.ts';
import { random } from './randomness.ts';
import type { Telling } from './telling.ts';

const OPEN: Record<BreakerState, number> = { closed: 0, half_open: 0.5, open: 1 };
const PAUSE_MS = 100;
const KEYS = { freshMs: 300_000, cooldownMs: 30_000 } as const;

/**
 * Calls one source of users within the configured bounds, and shows in the metrics and the log whether it is away.
 *
 * @param at its address, of which the log says the host.
 */
export function makeUpstream(config: Config, telling: Telling, name: string, at = ''): Breaker {
  return callsOf(config, telling, name, outageOf(telling, name, at));
}

function outageOf({ outages }: Telling, name: string, at: string): Outage {
  const causes = [...CAUSES.map(([, cause]) => cause), 'other'];
  return outages.about(name, URL.canParse(at) ? { host: new URL(at).host } : {}, causes);
}

function callsOf(config: Config, { metrics }: Telling, name: string, outage: Outage): Breaker {
  metrics.upstreamOpen.set({ upstream: name }, 0);
  for (const outcome of ['ok', 'failed']) metrics.upstreamSeconds.zero({ upstream: name, outcome });
  const calls = breaker({
    ...upstreamSettings(config),
    pauseMs: PAUSE_MS,
    time: systemTime,
    random,
    onState: (state) => metrics.upstreamOpen.set({ upstream: name }, OPEN[state]),
    onEnd(error) {
      const failure = error && failureOf(error);
      if (failure === undefined) outage.worked('call');
      else outage.failed('call', failure);
    },
  });
  return timed(calls, (outcome, seconds) =>
    metrics.upstreamSeconds.observe({ upstream: name, outcome }, seconds),
  );
}

function timed(calls: Breaker, onEnd: (outcome: 'ok' | 'failed', seconds: number) => void): Breaker {
  return {
    get state() {
      return calls.state;
    },
    async call(attempt, tries) {
      const begunAt = systemTime.now();
      let outcome: 'ok' | 'failed' = 'failed';
      try {
        const result = await calls.call(attempt, tries);
        outcome = 'ok';
        return result;
      } finally {
        onEnd(outcome, (systemTime.now() - begunAt) / 1000);
      }
    },
  };
}

/** The keys of a phone app's issuer, at the address or in the file that a setting names. */
export function makeIssuerKeys(config: Config, telling: Telling, from: string): KeySource {
  return keysAt(config, telling, { from, breaker: makeUpstream(config, telling, 'keys', from), named: true });
}

/** The keys at a client's `jwks_uri`. */
export interface ClientKeys {
  readonly keys: KeySource;
  /** No client has this address any more: that it is away is nobody's outage. */
  end(): void;
}

export function makeClientKeys(config: Config, telling: Telling, address: string): ClientKeys {
  const outage = outageOf(telling, 'client_keys', address);
  const calls = callsOf(config, telling, 'client_keys', outage);
  return {
    keys: keysAt(config, telling, { from: address, breaker: calls, named: false }),
    end: () => outage.end(),
  };
}

function keysAt(
  config: Config,
  { tracing }: Telling,
  asked: Pick<KeySourceOptions, 'from' | 'breaker' | 'named'>,
): KeySource {
  return keySource({
    ...asked,
    ...KEYS,
    now: () => systemTime.wallNow(),
    call: makeOutward(config, tracing),
  });
}

const CAUSES: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`^${REFUSED_GATEWAY}`), 'refused_by_wechat'],
  [/^status 5/, 'server_error'],
  [/^status 429/, 'too_many_requests'],
  [/^status (?!404)4/, 'not_allowed'],
  [/ECONNREFUSED/, 'refused'],
  [/ENOTFOUND|EAI_AGAIN/, 'unknown_host'],
  [/Timeout|TIMEDOUT|TIMEOUT/, 'no_answer'],
  [/ECONNRESET|EPIPE|UND_ERR_SOCKET/, 'connection_lost'],
  [/ENOENT|EACCES/, 'unreadable'],
  [/CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO_/, 'bad_certificate'],
  [/SyntaxError/, 'not_json'],
];

/** Undefined for a refusal that is about one user, and an answer: a code that was used, a user who is not known. */
function failureOf(error: UpstreamAway | UpstreamRefusal): Failure | undefined {
  const why = error instanceof UpstreamAway ? error.reason : error.message;
  const cause = CAUSES.find(([pattern]) => pattern.test(why))?.[1];
  if (cause !== undefined) return { cause, why };
  return error instanceof UpstreamAway ? { cause: 'other', why } : undefined;
}
