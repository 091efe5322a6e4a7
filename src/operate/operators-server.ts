import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { hostNameOf, isLoopback } from '../config/host-name.ts';
import { bearerOf } from '../http/caller/credentials.ts';
import type { Readiness } from '../http/routes/health.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { OPEN_METRICS, openMetrics, wantsOpenMetrics } from '../telemetry/open-metrics.ts';
import { auditPage } from './audit-page.ts';
import type { SearchedRecord } from './audit-page.ts';
import { json } from './said.ts';
import type { Said } from './said.ts';
import { REVOCATIONS_PATH, answerRevocation } from './revocations.ts';
import type { RunRevocation } from './revocations.ts';

/** What the operators' server tells of. */
export interface OperatorsParts {
  readonly readiness: () => Readiness;
  /** Open TCP connections of the public port, by state. */
  readonly connections: () => Readonly<Record<string, number>>;
  readonly metrics: Metrics;
  /** Absent where no record is kept. */
  readonly record?: SearchedRecord;
  /** Milliseconds since the epoch. */
  readonly wallNow: () => number;
  readonly revoke: RunRevocation;
  /** What `Authorization: Bearer` must say; undefined: nothing, for whoever is on this machine. */
  readonly token: () => string | undefined;
}

const TEXT = 'text/plain; charset=utf-8';
const NOT_FOUND: Said = {
  status: 404,
  type: TEXT,
  body: 'not found: /metrics, /readyz, /livez and /v1/audit are here\n',
};
const HEAD_MS = 5000;
const REQUEST_MS = 10_000;
/** Prometheus and a few people: more connections than this are refused. */
const CONNECTIONS_MAX = 64;

/**
 * Makes the server that only operators reach: figures, and how the node is, with its inside. It does not listen yet.
 */
export function operatorsServer(parts: OperatorsParts): Server {
  const server = createServer(
    { headersTimeout: HEAD_MS, requestTimeout: REQUEST_MS, maxHeaderSize: 8192 },
    (req, res) => {
      if (isRevocation(req) && isAdmitted(parts, req)) {
        void answerRevocation(parts.revoke, req, res);
        return;
      }
      said(parts, req).then(
        (answer) => write(res, answer, req.method !== 'HEAD'),
        () => res.destroy(),
      );
    },
  );
  server.maxHeadersCount = 0;
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

async function said(parts: OperatorsParts, req: IncomingMessage): Promise<Said> {
  if (!isAdmitted(parts, req)) return refused(parts.token());
  if (req.method !== 'GET' && req.method !== 'HEAD') return { status: 405, type: TEXT, body: 'GET only\n' };
  const [path, query = ''] = (req.url ?? '').split('?');
  switch (path) {
    case '/metrics':
      return await figures(parts, req.headers.accept);
    case '/readyz':
      return readiness(parts);
    case '/livez':
      return json(200, { status: 'live' });
    case '/v1/audit':
      if (parts.record === undefined) return NOT_FOUND;
      return await auditPage(parts.record, new URLSearchParams(query), parts.wallNow());
    default:
      return NOT_FOUND;
  }
}

function isRevocation({ method, url }: IncomingMessage): boolean {
  return method === 'POST' && url === REVOCATIONS_PATH;
}

function isAdmitted(parts: OperatorsParts, req: IncomingMessage): boolean {
  const token = parts.token();
  return token === undefined ? isNear(req) : holds(req, token);
}

function readiness({ readiness }: OperatorsParts): Said {
  const { state, canaryAgeMs } = readiness();
  const isReady = state === 'ready' && canaryAgeMs !== undefined;
  const age = canaryAgeMs === undefined ? {} : { canary_age_ms: Math.round(canaryAgeMs) };
  return json(isReady ? 200 : 503, { status: isReady ? 'ready' : state, ...age });
}

async function figures(
  { readiness, connections, metrics }: OperatorsParts,
  accept: string | undefined,
): Promise<Said> {
  const { canaryAgeMs } = readiness();
  metrics.canaryAge.set(canaryAgeMs === undefined ? -1 : canaryAgeMs / 1000);
  for (const [state, count] of Object.entries(connections())) metrics.tcpConnections.set({ state }, count);
  const { registry } = metrics;
  return wantsOpenMetrics(accept)
    ? { status: 200, type: OPEN_METRICS, body: await openMetrics(registry) }
    : { status: 200, type: registry.contentType, body: await registry.metrics() };
}

// Without a token, whoever reaches the address may read: so no page of another name, which its owner lets lead here.
function isNear({ headers: { host = '' } }: IncomingMessage): boolean {
  return isLoopback(hostNameOf(host.replace(/:\d*$/, '')));
}

function holds({ headers }: IncomingMessage, token: string): boolean {
  const given = Buffer.from(bearerOf(headers) ?? '');
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function refused(token: string | undefined): Said {
  if (token === undefined) return { status: 400, type: TEXT, body: 'this host is not here\n' };
  return { status: 401, type: TEXT, body: 'Authorization: Bearer with SCANGATE_ADMIN_TOKEN is needed\n' };
}

function write(res: ServerResponse, { status, type, body }: Said, withBody: boolean): void {
  res.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(status === 503 ? { 'Retry-After': '1' } : {}),
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
  });
  res.end(withBody ? body : undefined);
}
