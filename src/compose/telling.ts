import type { Config } from '../config/config.ts';
import { weaknessesOf } from '../config/risks.ts';
import { countedAddress } from '../http/caller/client-address.ts';
import { Bulletins } from '../telemetry/bulletins.ts';
import type { Log } from '../telemetry/log.ts';
import { makeMetrics } from '../telemetry/metrics.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { Outages } from '../telemetry/outages.ts';
import type { ReportSecurity } from '../telemetry/security-event.ts';
import { SecurityReports } from '../telemetry/security-reports.ts';
import type { OnSecurityEvent } from '../telemetry/security-reports.ts';
import type { Tracing } from '../telemetry/tracing/tracing.ts';
import { version } from '../telemetry/version.ts';
import { systemTime } from '../time/system-time.ts';
import { every } from '../time/time.ts';
import type { Closable } from './assembly.ts';
import { makeTracing } from './tracing/make-tracing.ts';

/** Where parts tell how they are, and what they saw. */
export interface Telling {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly outages: Outages;
  readonly report: ReportSecurity;
  /** Undefined: nothing is traced. */
  readonly tracing?: Tracing | undefined;
}

/** The same, and who listens. */
export interface OpenTelling extends Telling, Closable {
  /** What people who look at this node should see. */
  readonly bulletins: Bulletins;
  /** From now on, hears of security events as they are told on: bounded, the rest counted. */
  onSecurityEvent(listener: OnSecurityEvent): void;
}

const MINUTE_MS = 60_000;

/** Opens what everything tells of itself. */
export async function openTelling(config: Config, log: Log): Promise<OpenTelling> {
  const metrics = makeMetrics();
  metrics.buildInfo.set({ version: version(), node: process.versions.node }, 1);
  const bulletins = new Bulletins(() => systemTime.wallNow());
  const outages = openOutages(config, { log, metrics, bulletins });
  const reports = new SecurityReports({ log, metrics, networkOf: countedAddress });
  const tlsUnchecked = process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0';
  for (const reason of weaknessesOf(config, tlsUnchecked)) reports.report({ kind: 'weak_setting', reason });
  const traces = await makeTracing(process.env, { log, outages });
  const stop = every(systemTime, MINUTE_MS, () => reports.turn());
  return {
    log,
    metrics,
    outages,
    bulletins,
    report: (event) => reports.report(event),
    tracing: traces?.tracing,
    onSecurityEvent: (listener) => reports.onTold(listener),
    async close() {
      stop();
      outages.close();
      reports.turn();
      await traces?.close();
    },
  };
}

/** Where it is told what is away. What is back and has been for as long as a canary is sent again counts as over. */
export function openOutages(
  config: Config,
  telling: Pick<Telling, 'log' | 'metrics'> & Partial<Pick<OpenTelling, 'bulletins'>>,
): Outages {
  return new Outages({
    ...telling,
    now: () => systemTime.now(),
    after: (ms, call) => systemTime.after(ms, call),
    quietMs: config.SCANGATE_CANARY_PERIOD,
  });
}
