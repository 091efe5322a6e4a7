import { z } from 'zod';
import { ScangateError } from '../../ticket/error.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';

/** Whether this node should be sent work. */
export interface Readiness {
  /**
   * `draining`: it is going away; `away`: the store does not write, its servers' clocks are apart, one of them may throw data away, a replica that must hold
   * what is acknowledged has lacked something for too long, or nothing comes back through the feed.
   */
  readonly state: 'ready' | 'draining' | 'away';
  /** Milliseconds since the last canary came back; undefined before the first. */
  readonly canaryAgeMs: number | undefined;
}

const live = z.object({ status: z.literal('live') }).meta({ id: 'Live' });
const ready = z
  .object({ status: z.literal('ready') })
  .meta({ id: 'Ready', description: 'The store writes, and a canary event came back through the feed.' });

export interface HealthRouteParts {
  readonly readiness: () => Readiness;
}

/** `GET /livez`. */
export function liveRoute(): Route {
  return route({
    method: 'get',
    path: '/livez',
    isProbe: true,
    operation: {
      id: 'getLive',
      summary: 'Is the process alive?',
      tags: ['running'],
      answers: { 200: { description: 'It is.', schema: live } },
    },
    handle: () => ({ status: 200, body: { status: 'live' } }),
  });
}

/** `GET /readyz`. */
export function readyRoute({ readiness }: HealthRouteParts): Route {
  return route({
    method: 'get',
    path: '/readyz',
    isProbe: true,
    operation: {
      id: 'getReady',
      summary: 'Should this node be sent work?',
      tags: ['running'],
      answers: { 200: { description: 'It should.', schema: ready } },
      refusals: ['store_unavailable', 'draining'],
    },
    handle: () => {
      const { state, canaryAgeMs } = readiness();
      if (state === 'draining') throw new ScangateError('draining');
      if (state === 'away' || canaryAgeMs === undefined) throw new ScangateError('store_unavailable');
      return { status: 200, body: { status: 'ready' } };
    },
  });
}
