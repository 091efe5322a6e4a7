import { StoreUnavailable } from '../../store/event-store.ts';
import { FAILURE_CAUSES, failureCause } from '../../store/failure-cause.ts';
import { STORE_CALLS } from '../../store/measured-store.ts';
import type { StoreCall } from '../../store/measured-store.ts';
import { GIVEN_UP } from '../../store/redis/failover/incident.ts';
import type { Incident } from '../../store/redis/failover/incident.ts';
import type { Bulletins } from '../../telemetry/bulletins.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Failure, Outage, Outages } from '../../telemetry/outages.ts';
import type { Tracing } from '../../telemetry/tracing/tracing.ts';
import type { LastCalls } from './last-calls.ts';
import { tellIncident } from './told-incidents.ts';
import type { StoreWatch } from './stores.ts';

/** Who hears of a store. */
export interface StoreWatchParts {
  readonly metrics: Metrics;
  readonly log: Log;
  readonly outages: Pick<Outages, 'about'>;
  readonly lastCalls: LastCalls;
  /** Where people are told of what counts. */
  readonly bulletins?: Bulletins | undefined;
  readonly tracing?: Tracing | undefined;
}

/**
 * Tells a store's calls and failovers to the metrics, and to the log: steps at `debug`, what came of them above, and that
 * it is away, with the cause.
 */
export function storeWatch(parts: StoreWatchParts): StoreWatch {
  const { metrics, log, outages, lastCalls, bulletins, tracing } = parts;
  const outage = outages.about('store', {}, FAILURE_CAUSES);
  for (const call of STORE_CALLS) metrics.storeSeconds.zero({ call, outcome: 'failed' });
  for (const outcome of ['restored', ...GIVEN_UP]) metrics.healedEvents.inc({ outcome }, 0);
  const looks = {
    clocks: outages.about('clocks', {}, ['clocks_apart']),
    eviction: outages.about('eviction', {}, ['may_evict']),
  };
  return {
    tracing,
    onCall(call, outcome, seconds, error) {
      metrics.storeSeconds.observe({ call, outcome }, seconds);
      lastCalls.note(call, error);
      noteOutage(outage, call, error);
    },
    onIncident(incident) {
      noteIncident(incident, { metrics, log, looks });
      if (bulletins !== undefined) tellIncident(incident, bulletins);
    },
  };
}

function noteOutage(outage: Outage, call: StoreCall, error: unknown): void {
  if (error === undefined) {
    outage.worked(call);
    return;
  }
  const failure = error instanceof StoreUnavailable ? failureCause(error) : undefined;
  if (failure !== undefined) outage.failed(call, failure);
}

/** What incidents are told to; `looks` is what is looked at again and again, and may be wrong for a while. */
interface IncidentParts {
  readonly metrics: Metrics;
  readonly log: Log;
  readonly looks: Readonly<Record<'clocks' | 'eviction', Outage>>;
}

function noteIncident(incident: Incident, { metrics, log, looks }: IncidentParts): void {
  switch (incident.kind) {
    case 'timeline':
      metrics.timelines.inc();
      log.warn(
        { timeline: incident.timeline, before: incident.before },
        'the store has another history than before',
      );
      return;
    case 'restored':
      metrics.healedEvents.inc({ outcome: 'restored' });
      return;
    case 'given_up':
      metrics.healedEvents.inc({ outcome: incident.why });
      log.warn(
        { subject: incident.subject, type: incident.type, why: incident.why },
        'a lost event stays lost',
      );
      return;
    case 'not_waited':
      log.warn(
        { nodes: incident.nodes, late: incident.late },
        'went on before other nodes had dealt with the failover',
      );
      return;
    case 'healed': {
      const { seconds, restored, givenUp, reset } = incident;
      metrics.healingSeconds.observe(incident.seconds);
      log.warn({ seconds, restored, givenUp, reset }, 'dealt with a failover');
      return;
    }
    case 'clocks': {
      const { skewMs, server, apart } = incident;
      metrics.clockSkew.set(skewMs / 1000);
      const why = `the clock of the replica ${server} is ${Math.round(skewMs)} ms from its master's`;
      noteLook(looks.clocks, apart ? { cause: 'clocks_apart', why } : undefined);
      return;
    }
    case 'eviction': {
      const { server, policy } = incident;
      const why = `the maxmemory-policy of ${server} is ${policy}, and must be noeviction`;
      noteLook(looks.eviction, policy === undefined ? undefined : { cause: 'may_evict', why });
      return;
    }
    case 'log_kept':
      log.warn({ why: incident.why }, 'old log cannot be let go of as it should be: Redis may fill');
      return;
    case 'ring_full':
      metrics.ringDropped.inc(incident.dropped);
      log.warn({ dropped: incident.dropped }, 'the redo ring is full');
      return;
    case 'replicas':
      metrics.replicasRequired.set(incident.required);
      metrics.replicaLag.set(incident.lagMs / 1000);
      return;
    case 'nodes':
      metrics.unfencedNodes.set(incident.unfenced);
      noteStep(incident, log);
      return;
    case 'link':
    case 'timeline_found':
    case 'barrier':
    case 'restoring':
    case 'passed':
      noteStep(incident, log);
  }
}

function noteLook(outage: Outage, failure: Failure | undefined): void {
  if (failure === undefined) outage.worked('look');
  else outage.failed('look', failure);
}

type Step = Extract<
  Incident,
  { kind: 'link' | 'nodes' | 'timeline_found' | 'barrier' | 'restoring' | 'passed' }
>;

function noteStep(step: Step, log: Log): void {
  const { kind, ...told } = step;
  log.debug(told, kind === 'link' && step.isOpen ? 'a connection to Redis is open' : STEPS[kind]);
}

const STEPS: Readonly<Record<Step['kind'], string>> = {
  link: 'a connection to Redis is not open',
  nodes: 'other nodes came, or are not heard of any longer',
  timeline_found: 'the history of the store is known',
  barrier: 'a failover is dealt with, together with the other nodes',
  restoring: 'the events that this node knows are compared with what the new master has',
  passed: 'no other node is waited for any longer',
};
