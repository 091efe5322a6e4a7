import type { Readiness } from '../../http/routes/health.ts';
import type { StoreHealth } from '../../store/event-store.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Ongoing } from '../../telemetry/outages.ts';
import { HISTORY_MS, sumOf } from './history.ts';
import type { History, Stretch } from './history.ts';
import { quantileOf } from './quantile.ts';
import type { NodeWord } from './nodes.ts';
import type { Sample } from './sample.ts';

/** Who this node is: what does not change while it runs. */
export interface Identity {
  /** Its host and the port of its public address. */
  readonly name: string;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The address that browsers and phones use. */
  readonly issuer: string;
  /** `file`, or how Redis is set up: `single`, `sentinel`, `cluster`. */
  readonly store: string;
}

/** What the page is made of. */
export interface PictureParts {
  readonly identity: Identity;
  readonly metrics: Metrics;
  readonly history: History;
  readonly readiness: () => Readiness;
  readonly health: () => StoreHealth;
  readonly ongoing: () => readonly Ongoing[];
}

/** How far back what counts as now goes, in milliseconds. */
const NOW_MS = 300_000;
/** Refusals that are named one by one. */
const NAMED_MAX = 12;

/** A node as people look at it. */
export async function pictureOf(parts: PictureParts, sample: Sample): Promise<object> {
  const { identity, history, metrics, ongoing } = parts;
  const recent = history.stretch(sample, NOW_MS);
  const p99 = quantileOf(recent.lag, 0.99);
  return {
    now: sample.at,
    node: {
      name: identity.name,
      version: identity.version,
      issuer: identity.issuer,
      started_at: new Date(identity.startedAt).toISOString(),
      ...stateOf(parts.readiness()),
    },
    store: await storeOf(parts),
    waiting: sample.waiting,
    recent: {
      ms: recent.ms,
      redeemed: recent.tickets['redeemed'] ?? 0,
      minted: recent.tickets['minted'] ?? 0,
      refused: sumOf(recent.refusals),
      p99_ms: p99 === undefined ? null : Math.round(p99 * 10_000) / 10,
    },
    hour: hourOf(history.stretch(sample, HISTORY_MS)),
    upstreams: await upstreamsOf(metrics, recent),
    outages: ongoing().map(({ outage, causes, forMs }) => ({ outage, causes, for_ms: forMs })),
  };
}

/** What a node says of itself to the others. */
export function wordOf(
  { identity, history, readiness }: Pick<PictureParts, 'identity' | 'history' | 'readiness'>,
  sample: Sample,
): Omit<NodeWord, 'page'> {
  const { ms, tickets } = history.stretch(sample, HISTORY_MS);
  return {
    name: identity.name,
    version: identity.version,
    started_at: new Date(identity.startedAt).toISOString(),
    state: stateOf(readiness()).state,
    waiting: sumOf(sample.waiting),
    counted_ms: ms,
    minted: tickets['minted'] ?? 0,
    scanned: tickets['scanned'] ?? 0,
    confirmed: tickets['confirmed'] ?? 0,
    redeemed: tickets['redeemed'] ?? 0,
    denied: tickets['denied'] ?? 0,
    cancelled: tickets['cancelled'] ?? 0,
    expired: tickets['expired'] ?? 0,
  };
}

function stateOf({ state, canaryAgeMs }: Readiness): {
  readonly state: string;
  readonly canary_age_ms: number | null;
} {
  const isStarting = state !== 'draining' && canaryAgeMs === undefined;
  return {
    state: isStarting ? 'starting' : state,
    canary_age_ms: canaryAgeMs === undefined ? null : Math.round(canaryAgeMs),
  };
}

async function storeOf({ identity, health, metrics }: PictureParts): Promise<object> {
  const { timeline, up, clockSkewMs, mayEvict = false, replicaLagMs } = health();
  return {
    kind: identity.store,
    up,
    timeline,
    changes: await valueOf(metrics.timelines),
    replicas_required: identity.store === 'file' ? null : await valueOf(metrics.replicasRequired),
    replica_lag_ms: replicaLagMs === undefined ? null : Math.round(replicaLagMs),
    clock_skew_ms: clockSkewMs === undefined ? null : Math.round(clockSkewMs),
    may_evict: mayEvict,
  };
}

async function valueOf(metric: Metrics['timelines'] | Metrics['replicasRequired']): Promise<number> {
  return (await metric.get()).values.reduce((sum, { value }) => sum + value, 0);
}

function hourOf({ ms, refusals, security }: Stretch): object {
  return { ms, refusals: mostOf(refusals), security: mostOf(security) };
}

function mostOf(counts: Readonly<Record<string, number>>): readonly object[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, NAMED_MAX)
    .map(([name, count]) => ({ name, count }));
}

async function upstreamsOf(metrics: Metrics, { upstreams }: Stretch): Promise<readonly object[]> {
  const { values } = await metrics.upstreamOpen.get();
  return values.map(({ labels, value }) => {
    const name = String(labels.upstream);
    const { calls, failed, seconds } = upstreams[name] ?? { calls: 0, failed: 0, seconds: 0 };
    const mean = calls === 0 ? null : Math.round((seconds / calls) * 1000);
    return { name, state: stateOfBreaker(value), calls, failed, mean_ms: mean };
  });
}

function stateOfBreaker(open: number): string {
  if (open === 0) return 'asked';
  return open === 1 ? 'left alone' : 'being tried';
}
