import { StoreUnavailable } from '../../store/event-store.ts';
import { failureCause } from '../../store/failure-cause.ts';
import type { StoreCall } from '../../store/measured-store.ts';
import type { Incident } from '../../store/redis/failover/incident.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Outage } from '../../telemetry/outages.ts';
import type { LastCalls } from './last-calls.ts';
import type { StoreWatch } from './stores.ts';

/** Who hears of a store. */
export interface StoreWatchParts {
  readonly metrics: Metrics;
  readonly log: Log;
  readonly outage: Outage;
  readonly lastCalls: LastCalls;
}

/**
 * Tells a store's calls and failovers to the metrics, and to the log: steps at `debug`, what came of them above, and that
 * it is away, with the cause.
 */
export function storeWatch({ metrics, log, outage, lastCalls }: StoreWatchParts): StoreWatch {
  return {
    onCall(call, outcome, seconds, error) {
      metrics.storeSeconds.observe({ call, outcome }, seconds);
      lastCalls.note(call, error);
      noteOutage(outage, call, error);
    },
    onIncident: (incident) => noteIncident(incident, metrics, log),
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

function noteIncident(incident: Incident, metrics: Metrics, log: Log): void {
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
      const { skewMs, server, apart, turned } = incident;
      metrics.clockSkew.set(skewMs / 1000);
      if (!turned) return;
      if (apart)
        log.error({ skewMs: Math.round(skewMs), server }, "a replica's clock is far from its master's");
      else log.warn("the clocks of Redis' servers agree again");
      return;
    }
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
