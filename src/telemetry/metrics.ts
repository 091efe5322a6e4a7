import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RegistryContentType } from 'prom-client';
import { addProcessMetrics } from './process-metrics.ts';

/** Everything that is counted, by the names that `/metrics` shows. No label ever holds an id, an address or a secret. */
export interface Metrics {
  readonly registry: Registry;
  /** `scangate_build_info{version,node}`: always 1; which release this node runs, and on which Node. */
  readonly buildInfo: Gauge<'version' | 'node'>;
  /** `scangate_http_request_seconds{route,method,status}`; `route` is a pattern, held connections are left out. Exemplars name a trace. */
  readonly requestSeconds: Histogram<'route' | 'method' | 'status' | 'trace_id'>;
  /** `scangate_problems_total{code}`: refusals. */
  readonly problems: Counter<'code'>;
  /** `scangate_security_events_total{kind}`: what a security team wants to hear of (`telemetry/security-event.ts`). */
  readonly securityEvents: Counter<'kind'>;
  /** `scangate_commands_total{type,outcome}`: `decided`, `repeated`, or the code of a refusal. */
  readonly commands: Counter<'type' | 'outcome'>;
  /** `scangate_connections{transport}`: held now. */
  readonly connections: Gauge<'transport'>;
  /** `scangate_connections_opened_total{transport}`. */
  readonly opened: Counter<'transport'>;
  /** `scangate_connections_closed_total{transport,code}`: why they ended. */
  readonly closed: Counter<'transport' | 'code'>;
  /** `scangate_tcp_connections{state}`: open now, by what they are about (`http/connections/connection.ts`). */
  readonly tcpConnections: Gauge<'state'>;
  /** `scangate_tcp_cut_total{state}`: destroyed because their time was up, or for a bound. */
  readonly tcpCut: Counter<'state'>;
  /** `scangate_tls_not_after_timestamp_seconds{host}`: when the certificate ends. Absent without TLS. */
  readonly tlsNotAfter: Gauge<'host'>;
  /** `scangate_notices_total{transport}`: states told. */
  readonly notices: Counter<'transport'>;
  /** `scangate_slow_readers_total{transport}`: connections cut because nobody read them. */
  readonly slowReaders: Counter<'transport'>;
  /** `scangate_resets_total`: watchers whose past was lost. */
  readonly resets: Counter;
  /** `scangate_missed_wakeups_total`: moves that only a re-read noticed. */
  readonly missedWakeups: Counter;
  /** `scangate_watch_reads_failed_total`: reads of a watcher that found the store away. */
  readonly watchReadsFailed: Counter;
  /** `scangate_feed_wakeups_total`: subjects that the feed named. */
  readonly feedWakeups: Counter;
  /** `scangate_swept_total`: subjects that this node's sweeper expired. */
  readonly swept: Counter;
  /** `scangate_store_call_seconds{call,outcome}`. */
  readonly storeSeconds: Histogram<'call' | 'outcome'>;
  /** `scangate_timelines_total`: changes of the store's history that this node saw: failovers, wiped stores. */
  readonly timelines: Counter;
  /** `scangate_healed_events_total{outcome}`: lost events that were put back, or why they were given up. */
  readonly healedEvents: Counter<'outcome'>;
  /** `scangate_healing_seconds`: how long putting back took. */
  readonly healingSeconds: Histogram;
  /** `scangate_ring_dropped_total`: entries that the redo ring had no room for. */
  readonly ringDropped: Counter;
  /** `scangate_clock_skew_seconds`: how far a Redis replica's clock is from its master's, at most. */
  readonly clockSkew: Gauge;
  /** `scangate_replicas_required`: replicas that must hold what is acknowledged; of a Cluster, the fewest of any master. */
  readonly replicasRequired: Gauge;
  /** `scangate_replica_lag_seconds`: for how long the slowest of them has lacked something. */
  readonly replicaLag: Gauge;
  /** `scangate_unfenced_nodes`: nodes alive on the store, of a release that knows no fence. */
  readonly unfencedNodes: Gauge;
  /** `scangate_newer_schema_total`: subjects that a later release wrote and this one will not touch. */
  readonly newerSchema: Counter;
  /** `scangate_canary_age_seconds`: since the last canary came back; -1 before the first. */
  readonly canaryAge: Gauge;
  /** `scangate_draining`: 1 from SIGTERM on. */
  readonly draining: Gauge;
  /** `scangate_upstream_open`: 0 asked, 1 left alone, 0.5 being tried. */
  readonly upstreamOpen: Gauge<'upstream'>;
  /** `scangate_risk_total{outcome,reason}`: scans by each thing that was seen of them, and what came of the scan; `none`: nothing. */
  readonly risk: Counter<'outcome' | 'reason'>;
  /** `scangate_jwt_refusals_total{reason}`: JWTs of phones that prove nobody, by why. */
  readonly jwtRefusals: Counter<'reason'>;
  /** `scangate_logouts_total{outcome}`: tries to tell a client that a session is over. */
  readonly logouts: Counter<'outcome'>;
  /** `scangate_tickets_total{client,outcome}`: how far tickets came, `minted` among it; a client is one of the file, or `other`. */
  readonly tickets: Counter<'client' | 'outcome'>;
  /** `scangate_ticket_seconds{outcome}`: from minting to what came of it, by the store's clock. */
  readonly ticketSeconds: Histogram<'outcome'>;
  /** `scangate_delivery_lag_seconds`: from an event to the notice of it, by the store's clock. */
  readonly deliveryLag: Histogram;
  /** `scangate_upstream_seconds{upstream,outcome}`: calls to a source of users, its keys or WeChat, with their repetitions. */
  readonly upstreamSeconds: Histogram<'upstream' | 'outcome'>;
  /** `scangate_outages{outage}`: how much of what this node needs is away now, by name. */
  readonly outages: Gauge<'outage'>;
  /** `scangate_outage_failures_total{outage,cause}`: uses that failed meanwhile. */
  readonly outageFailures: Counter<'outage' | 'cause'>;
  /** `scangate_record_events_total{outcome}`: audit events that were `kept`, `lost` before they could be, `dropped` for a bound. */
  readonly recordEvents: Counter<'outcome'>;
  /** `scangate_record_failures_total`: tries to keep them that failed. */
  readonly recordFailures: Counter;
  /** `scangate_record_ids_total{outcome}`: a clock that went back, `waited` for or `refused`; no number of a node, `unleased`. */
  readonly recordIds: Counter<'outcome'>;
  /** `scangate_webhooks_total{outcome}`: tries to tell a receiver: `delivered`, `failed`, the last one `dead`; and messages `let_go` for a bound. */
  readonly webhooks: Counter<'outcome'>;
  /** `scangate_webhooks_waiting`: messages that wait for the receivers that this node delivers to. */
  readonly webhooksWaiting: Gauge;
  /** `scangate_drain_left`: held connections still to be closed. */
  readonly drainLeft: Gauge;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Makes the metrics of one process, in a registry of their own. @param processMetrics adds Node's own figures. */
export function makeMetrics(processMetrics = true): Metrics {
  // Only such a registry takes figures with exemplars.
  const registry: Registry<RegistryContentType> = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  if (processMetrics) addProcessMetrics(registry as Registry);
  const registers: Registry[] = [registry as Registry];
  const counter = <L extends string = never>(name: string, help: string, labelNames: L[] = []): Counter<L> =>
    new Counter({ name: `scangate_${name}`, help, labelNames, registers });
  const gauge = <L extends string = never>(name: string, help: string, labelNames: L[] = []): Gauge<L> =>
    new Gauge({ name: `scangate_${name}`, help, labelNames, registers });
  const seconds = <L extends string>(name: string, help: string, labelNames: L[]): Histogram<L> =>
    new Histogram({ name: `scangate_${name}`, help, labelNames, registers, buckets: SECONDS });

  const metrics: Metrics = {
    registry: registry as Registry,
    buildInfo: gauge('build_info', '1: which release this node runs, and on which Node', ['version', 'node']),
    problems: counter('problems_total', 'Refusals by code', ['code']),
    securityEvents: counter('security_events_total', 'What a security team wants to hear of', ['kind']),
    commands: counter('commands_total', 'Commands by type and outcome', ['type', 'outcome']),
    connections: gauge('connections', 'Held connections now', ['transport']),
    opened: counter('connections_opened_total', 'Held connections opened', ['transport']),
    closed: counter('connections_closed_total', 'Held connections closed, by reason', ['transport', 'code']),
    tcpConnections: gauge('tcp_connections', 'Open TCP connections, by state', ['state']),
    tcpCut: counter('tcp_cut_total', 'TCP connections destroyed before their clients closed them', ['state']),
    tlsNotAfter: gauge(
      'tls_not_after_timestamp_seconds',
      'When the certificate ends, in seconds since the epoch; absent without TLS',
      ['host'],
    ),
    notices: counter('notices_total', 'States told to watchers', ['transport']),
    slowReaders: counter('slow_readers_total', 'Connections cut because nobody read them', ['transport']),
    resets: counter('resets_total', 'Watchers whose past was lost'),
    missedWakeups: counter('missed_wakeups_total', 'Moves that only a re-read noticed'),
    watchReadsFailed: counter('watch_reads_failed_total', 'Reads of a watcher while the store was away'),
    feedWakeups: counter('feed_wakeups_total', 'Subjects that the feed named'),
    swept: counter('swept_total', 'Subjects that the sweeper expired'),
    storeSeconds: seconds('store_call_seconds', 'Time of a call to the store', ['call', 'outcome']),
    timelines: counter('timelines_total', 'Changes of the store’s history'),
    healedEvents: counter('healed_events_total', 'Events lost in a failover, by outcome', ['outcome']),
    healingSeconds: seconds('healing_seconds', 'Time to put back what a failover lost', []),
    ringDropped: counter('ring_dropped_total', 'Entries that the redo ring had no room for'),
    clockSkew: gauge('clock_skew_seconds', 'How far the clocks of Redis’ servers are apart'),
    replicasRequired: gauge('replicas_required', 'Replicas that must hold what is acknowledged'),
    replicaLag: gauge(
      'replica_lag_seconds',
      'For how long the slowest required replica has lacked something',
    ),
    unfencedNodes: gauge('unfenced_nodes', 'Nodes on the store of a release that knows no fence'),
    newerSchema: counter('newer_schema_total', 'Subjects written by a newer release'),
    canaryAge: gauge('canary_age_seconds', 'Seconds since the last canary came back'),
    draining: gauge('draining', '1 while this node is going away'),
    risk: counter('risk_total', 'Scans by what was seen of them, and what came of it', ['outcome', 'reason']),
    logouts: counter('logouts_total', 'Tries to tell clients that a session is over', ['outcome']),
    outages: gauge('outages', 'What this node needs and is away now', ['outage']),
    outageFailures: counter('outage_failures_total', 'Failed uses of what is away, by cause', [
      'outage',
      'cause',
    ]),
    ...sourceFigures(counter, gauge),
    ...recordFigures(counter, gauge),
    ...durations(registers),
    tickets: counter('tickets_total', 'How far tickets came, by client', ['client', 'outcome']),
    drainLeft: gauge('drain_left', 'Held connections still to be closed'),
  };
  registry.setContentType(Registry.PROMETHEUS_CONTENT_TYPE);
  return metrics;
}

type MakeCounter = <L extends string = never>(name: string, help: string, labelNames?: L[]) => Counter<L>;

type MakeGauge = <L extends string = never>(name: string, help: string, labelNames?: L[]) => Gauge<L>;

function sourceFigures(
  counter: MakeCounter,
  gauge: MakeGauge,
): Pick<Metrics, 'upstreamOpen' | 'jwtRefusals'> {
  return {
    upstreamOpen: gauge(
      'upstream_open',
      '1 while a source of users is left alone after failures; absent without one',
      ['upstream'],
    ),
    jwtRefusals: counter('jwt_refusals_total', 'Refused JWTs of phones, by why; absent without them', [
      'reason',
    ]),
  };
}

function recordFigures(
  counter: MakeCounter,
  gauge: MakeGauge,
): Pick<Metrics, 'recordEvents' | 'recordFailures' | 'recordIds' | 'webhooks' | 'webhooksWaiting'> {
  return {
    webhooks: counter('webhooks_total', 'Tries to tell receivers of audit events; absent without webhooks', [
      'outcome',
    ]),
    webhooksWaiting: gauge(
      'webhooks_waiting',
      'Messages that wait for the receivers that this node delivers to',
    ),
    recordEvents: counter('record_events_total', 'Audit events, kept, lost, dropped or superseded', [
      'outcome',
    ]),
    recordFailures: counter('record_failures_total', 'Tries to keep audit events that failed'),
    recordIds: counter('record_ids_total', 'Trouble with the ids of audit events', ['outcome']),
  };
}

/** What a person waits for: minutes, where the other figures are milliseconds. */
const PATIENCE_SECONDS = [1, 2, 5, 10, 20, 30, 60, 90, 120, 180, 300, 600];

function durations(
  registers: Registry[],
): Pick<Metrics, 'requestSeconds' | 'ticketSeconds' | 'deliveryLag' | 'upstreamSeconds'> {
  return {
    requestSeconds: new Histogram({
      name: 'scangate_http_request_seconds',
      help: 'Time to answer, by route pattern',
      labelNames: ['route', 'method', 'status'],
      registers,
      buckets: SECONDS,
      enableExemplars: true,
    }),
    ticketSeconds: new Histogram({
      name: 'scangate_ticket_seconds',
      help: 'From minting to what came of a ticket',
      labelNames: ['outcome'],
      registers,
      buckets: PATIENCE_SECONDS,
    }),
    deliveryLag: new Histogram({
      name: 'scangate_delivery_lag_seconds',
      help: 'From an event to the notice of it',
      registers,
      buckets: SECONDS,
    }),
    upstreamSeconds: new Histogram({
      name: 'scangate_upstream_seconds',
      help: 'Time of calls to sources of users, with their repetitions; absent without one',
      labelNames: ['upstream', 'outcome'],
      registers,
      buckets: SECONDS,
    }),
  };
}
