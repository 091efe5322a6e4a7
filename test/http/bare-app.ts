import type { Express } from 'express';
import { makeApp } from '../../src/http/app.ts';
import { Origins } from '../../src/http/caller/origins.ts';
import { Dispatcher } from '../../src/http/dispatch.ts';
import type { Route } from '../../src/http/request/route.ts';
import { AccessLog } from '../../src/telemetry/access-log.ts';
import { makeLog } from '../../src/telemetry/log.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';

/** The application of these routes and no others, for `supertest`: nothing is stored, and nobody is limited. */
export function bareApp(routes: readonly Route[], bodyBytes = 16_384): Express {
  const log = makeLog('silent');
  const metrics = makeMetrics(false);
  const origins = new Origins(new URL('http://localhost:8080'), {
    find: () => undefined,
    learn: () => Promise.resolve(),
    isClientOrigin: () => false,
  });
  const dispatcher = new Dispatcher({
    basePath: '',
    addressOf: () => ({ ip: '127.0.0.1', counted: undefined, isLoopback: true }),
    origins,
    limits: { check: () => Promise.resolve() },
    userKey: () => Promise.resolve(undefined),
    security: [],
    bodyBytes,
    isClient: () => false,
    log,
    metrics,
    report: () => undefined,
    refusalPage: () => () => ({ status: 400 }),
    isDraining: () => false,
  });
  return makeApp({
    routes,
    dispatcher,
    origins,
    security: [],
    admit: () => undefined,
    accessLog: new AccessLog({
      log,
      metrics,
      now: () => performance.now(),
      fromOf: () => undefined,
      nameTicket: (id) => id,
      clientOfTicket: () => undefined,
      makeTraceId: () => '',
    }),
    makeRequestId: () => 'request',
  });
}
