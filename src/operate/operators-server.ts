import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Header } from '../http/answer/security-headers.ts';
import type { Readiness } from '../http/routes/health.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { OPEN_METRICS, openMetrics, wantsOpenMetrics } from '../telemetry/open-metrics.ts';
import { capByAddress } from './address-cap.ts';
import type { Admission } from './admission.ts';
import { auditPage } from './audit-page.ts';
import type { SearchedRecord } from './audit-page.ts';
import type { Live } from './page/live.ts';
import type { PageFiles } from './page/page-files.ts';
import { NOT_THE_PAGE, fileAt, pageSaid, signInPage, signInSaid, signOutSaid } from './page/page-said.ts';
import { json, line } from './said.ts';
import type { Said } from './said.ts';
import { jsonOf } from './request-body.ts';
import {
  FORGETTINGS_PATH,
  PAGE_REVOCATIONS_PATH,
  REVOCATIONS_PATH,
  answerRevocation,
  askedByProgram,
} from './revocations.ts';
import type { RunRevocation } from './revocations.ts';
import { sessionsPage } from './sessions-page.ts';
import type { ListSessions } from './sessions-page.ts';
import { timelinePage } from './timeline-page.ts';
import type { ReadTimeline } from './timeline-page.ts';
import type { WrongTokens } from './wrong-tokens.ts';

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
  readonly revocations: { readonly byCommand: RunRevocation; readonly byPage: RunRevocation };
  /** Has a person forgotten. */
  readonly forgettings: RunRevocation;
  readonly timeline: ReadTimeline;
  readonly sessions: ListSessions;
  readonly admission: Admission;
  readonly wrongTokens: WrongTokens;
  readonly live: Live;
  readonly files: PageFiles;
  readonly log: Log;
  /** What every answer has. */
  readonly security: readonly Header[];
}

const NO_TOKEN = line(401, 'Authorization: Bearer with SCANGATE_ADMIN_TOKEN is needed');
const NOT_FOUND = line(
  404,
  'not found: /, /metrics, /readyz, /livez, /v1/audit, /v1/timeline and /v1/user-sessions are here',
);
const HEAD_MS = 5000;
const REQUEST_MS = 10_000;
/** Prometheus and a few people: more connections than this are refused. */
const CONNECTIONS_MAX = 64;
/** Of one address, so that one keeps no other out. */
const ADDRESS_CONNECTIONS_MAX = 24;
/** How often it is looked for requests that take too long, in milliseconds. */
const CHECK_MS = 1000;

/**
 * Makes the server that only operators reach: figures, how the node is, with its inside, and a page that shows it. It does not
 * listen yet.
 */
export function operatorsServer(parts: OperatorsParts): Server {
  const server = createServer(
    {
      headersTimeout: HEAD_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_MS,
      maxHeaderSize: 8192,
    },
    (req, res) => {
      answer(parts, req, res).catch((error: unknown) => {
        // A caller that leaves in the middle of its body is no defect.
        if (!req.socket.destroyed) parts.log.error({ err: error, route: 'operators' }, 'defect');
        res.destroy();
      });
    },
  );
  capByAddress(server, ADDRESS_CONNECTIONS_MAX);
  server.maxHeadersCount = 0;
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

async function answer(parts: OperatorsParts, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { admission, live, revocations, forgettings, security } = parts;
  const isPost = req.method === 'POST';
  const byProgram = isPost ? byProgramAt(req.url, { revocations, forgettings }) : undefined;
  if (byProgram !== undefined && admission.admitsProgram(req)) {
    await answerRevocation(byProgram, () => askedByProgram(req), res);
    return;
  }
  if (isPost && req.url === PAGE_REVOCATIONS_PATH && admission.admits(req) && admission.isOwnPage(req)) {
    await answerRevocation(revocations.byPage, () => jsonOf(req), res);
    return;
  }
  if (req.method === 'GET' && req.url === LIVE_PATH && admission.admits(req)) {
    await live.hold(res, headersOf(security), () => admission.admits(req));
    return;
  }
  write(res, await said(parts, req), security, req.method !== 'HEAD');
}

/** What a command asks for at a path; undefined: nothing. */
function byProgramAt(
  path: string | undefined,
  { revocations, forgettings }: Pick<OperatorsParts, 'revocations' | 'forgettings'>,
): RunRevocation | undefined {
  if (path === REVOCATIONS_PATH) return revocations.byCommand;
  return path === FORGETTINGS_PATH ? forgettings : undefined;
}

/** Where the page hears how the node is. */
const LIVE_PATH = '/page/live';

async function said(parts: OperatorsParts, req: IncomingMessage): Promise<Said> {
  const { admission, files } = parts;
  const [path = '', query = ''] = (req.url ?? '').split('?');
  if (!admission.isHere(req)) return line(400, 'this host is not here');
  const isRead = req.method === 'GET' || req.method === 'HEAD';
  const file = isRead ? fileAt(files, path) : undefined;
  if (file !== undefined) return file;
  if (req.method === 'POST' && path === '/sign-in') return await signInSaid(parts, req);
  if (req.method === 'POST' && path === '/sign-out') return signOutSaid(parts, req);
  if (!admission.admits(req)) {
    return await parts.wrongTokens.answer(req, path === '/' && isRead ? signInPage(files) : NO_TOKEN);
  }
  if (path === PAGE_REVOCATIONS_PATH) return NOT_THE_PAGE;
  return isRead ? await shown(parts, path, query, req.headers.accept) : line(405, 'GET only');
}

async function shown(
  parts: OperatorsParts,
  path: string,
  query: string,
  accept: string | undefined,
): Promise<Said> {
  switch (path) {
    case '/':
      return pageSaid(parts.files, parts.admission.hasToken);
    case '/metrics':
      return await figures(parts, accept);
    case '/readyz':
      return readiness(parts);
    case '/livez':
      return json(200, { status: 'live' });
    case '/v1/timeline':
      return await timelinePage(parts.timeline, new URLSearchParams(query));
    case '/v1/user-sessions':
      return await sessionsPage(parts.sessions, new URLSearchParams(query));
    case '/v1/audit':
      if (parts.record === undefined) return NOT_FOUND;
      return await auditPage(parts.record, new URLSearchParams(query), parts.wallNow());
    default:
      return NOT_FOUND;
  }
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

function headersOf(security: readonly Header[]): Readonly<Record<string, string>> {
  return { ...Object.fromEntries(security), 'Cache-Control': 'no-store' };
}

function write(
  res: ServerResponse,
  { status, type, body, headers }: Said,
  security: readonly Header[],
  withBody: boolean,
): void {
  res.writeHead(status, {
    ...headersOf(security),
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    ...(status === 503 ? { 'Retry-After': '1' } : {}),
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...headers,
  });
  res.end(withBody ? body : undefined);
}
