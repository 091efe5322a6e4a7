import type { Config } from '../../config/config.ts';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import { logoutCalls } from '../../oauth/logout/logout-call.ts';
import { LOGOUT_OUTCOMES, openLogoutQueue } from '../../oauth/logout/logout-queue.ts';
import type { LogoutQueue } from '../../oauth/logout/logout-queue.ts';
import { logoutTokens } from '../../oauth/logout/logout-token.ts';
import { subjectRule } from '../../oauth/tokens/subject.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Tracing } from '../../telemetry/tracing/tracing.ts';
import { seldom } from '../../telemetry/seldom.ts';
import { systemTime } from '../../time/system-time.ts';
import type { Commands } from './commands.ts';
import { makeOutward } from '../outward.ts';
import { makeId, random } from '../randomness.ts';
import type { Secrets } from '../secrets.ts';

/** Tries over four minutes: well within the time that an ended session is still known. */
const BOUNDS = { periodMs: 5000, pauseMs: 2000, triesMax: 8 } as const;

/** Tells clients of ended sessions, from all nodes. */
export function openLogouts(
  config: Config,
  parts: {
    readonly clients: ClientRegistry;
    readonly commands: Commands;
    readonly ledger: Ledger;
    readonly log: Log;
    readonly metrics: Metrics;
    readonly secrets: Secrets;
    readonly tracing: Tracing | undefined;
  },
): LogoutQueue {
  const { clients, commands, ledger, log, metrics, secrets, tracing } = parts;
  const rarely = seldom(() => systemTime.now());
  for (const outcome of LOGOUT_OUTCOMES) metrics.logouts.inc({ outcome }, 0);
  return openLogoutQueue({
    ...BOUNDS,
    ledger,
    clients,
    sessions: commands.sessions,
    makeToken: logoutTokens({
      issuer: config.issuer,
      keys: secrets.keys,
      makingKeyId: () => secrets.ring.makingId,
      subjectOf: subjectRule(config.phoneIdentities, config.SCANGATE_SUB_BARE),
      makeId,
      now: () => systemTime.wallNow(),
    }),
    call: logoutCalls(makeOutward(config, tracing)),
    time: systemTime,
    random,
    onOutcome: (outcome, client) => {
      metrics.logouts.inc({ outcome });
      if (outcome === 'given_up')
        rarely(client ?? 'unknown', (untold) =>
          log.warn({ client, untold }, 'a client did not acknowledge that a session is over'),
        );
    },
  });
}
