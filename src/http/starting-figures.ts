import type { Metrics } from '../telemetry/metrics.ts';
import { PROBLEMS } from './answer/problem.ts';
import { CONNECTION_STATES } from './connections/connection.ts';
import type { Route } from './request/route.ts';

/** Shows at nought what the edge will count: each refusal, and each route answered as it should be. */
export function startFigures(metrics: Metrics, routes: readonly Route[]): void {
  for (const code of Object.keys(PROBLEMS)) metrics.problems.inc({ code }, 0);
  for (const state of CONNECTION_STATES) metrics.tcpCut.inc({ state }, 0);
  for (const route of routes) {
    const status = Object.keys(route.operation.answers)[0];
    if (!('handle' in route) || status === undefined) continue;
    metrics.requestSeconds.zero({ route: route.path, method: route.method.toUpperCase(), status });
  }
}
