import type { Metric } from 'prom-client';
import type { Metrics } from '../../telemetry/metrics.ts';

export type Counts = Readonly<Record<string, number>>;

/** Calls to one source of users, since the process began. */
export interface UpstreamCounts {
  readonly calls: number;
  readonly failed: number;
  readonly seconds: number;
}

/** What a node has counted since it began, at one moment. */
export interface Sample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** How far tickets came, by outcome. */
  readonly tickets: Counts;
  /** Refusals by code. */
  readonly refusals: Counts;
  /** Security events by kind. */
  readonly security: Counts;
  /** From events to their notices: how many took at most so many seconds, by those seconds; `+Inf`: all. */
  readonly lag: Counts;
  readonly upstreams: Readonly<Record<string, UpstreamCounts>>;
  /** Browsers that wait at this moment, by transport. */
  readonly waiting: Counts;
}

interface Value {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  readonly metricName?: string;
}

/** Reads the figures of a process. @param at milliseconds since the epoch. */
export async function takeSample(metrics: Metrics, at: number): Promise<Sample> {
  const [tickets, refusals, security, lag, upstreams, waiting] = await Promise.all(
    [
      metrics.tickets,
      metrics.problems,
      metrics.securityEvents,
      metrics.deliveryLag,
      metrics.upstreamSeconds,
      metrics.connections,
    ].map(valuesOf),
  );
  return {
    at,
    tickets: summed(tickets, 'outcome'),
    refusals: summed(refusals, 'code'),
    security: summed(security, 'kind'),
    lag: summed(lag?.filter(isBucket), 'le'),
    upstreams: upstreamsOf(upstreams),
    waiting: summed(waiting, 'transport'),
  };
}

async function valuesOf(metric: Pick<Metric, 'get'>): Promise<readonly Value[]> {
  return (await metric.get()).values;
}

function isBucket({ metricName = '' }: Value): boolean {
  return metricName.endsWith('_bucket');
}

function summed(values: readonly Value[] = [], label: string): Counts {
  const counts: Record<string, number> = {};
  for (const { labels, value } of values) {
    const name = String(labels[label]);
    counts[name] = (counts[name] ?? 0) + value;
  }
  return counts;
}

function upstreamsOf(values: readonly Value[] = []): Readonly<Record<string, UpstreamCounts>> {
  const all: Record<string, UpstreamCounts> = {};
  for (const { labels, metricName = '', value } of values) {
    const name = String(labels['upstream']);
    const { calls, failed, seconds } = all[name] ?? { calls: 0, failed: 0, seconds: 0 };
    const isCount = metricName.endsWith('_count');
    all[name] = {
      calls: calls + (isCount ? value : 0),
      failed: failed + (isCount && labels['outcome'] !== 'ok' ? value : 0),
      seconds: seconds + (metricName.endsWith('_sum') ? value : 0),
    };
  }
  return all;
}
