import type { IncomingMessage, Server } from 'node:http';
import type { TlsPair } from '../config/tls-pair.ts';
import { AccessLog } from '../telemetry/access-log.ts';
import { ScangateError } from '../ticket/error.ts';
import { makeApp } from './app.ts';
import type { AppParts } from './app.ts';
import { awayCookies } from './caller/away-cookie.ts';
import { BrowserGate } from './caller/browser-gate.ts';
import { clientAddresses, connectionAddresses, fromOf, isNearPeer } from './caller/client-address.ts';
import { hostCheck } from './caller/host.ts';
import { Dispatcher } from './dispatch.ts';
import { idempotency } from './tickets/idempotency.ts';
import { makeLimits } from './limits/limits.ts';
import { numberMatch } from './tickets/number-match.ts';
import { problemPage } from './pages/problem-page.ts';
import { pageEnds } from './caller/page-ends.ts';
import { phoneCaller, phoneRequestOf } from './caller/phone-caller.ts';
import { singlePageEnds } from './caller/single-page-ends.ts';
import type { Limits, LimitsParts } from './limits/limits.ts';
import type { Route } from './request/route.ts';
import { routeTable, socketTable } from './route-table.ts';
import type { RouteTableParts } from './route-table.ts';
import { sessionGate } from './routes/session-gate.ts';
import { sessionPresenter } from './routes/session-presenter.ts';
import { localUrl } from './answer/base-path.ts';
import type { Header } from './answer/security-headers.ts';
import { securityHeaders } from './answer/security-headers.ts';
import { sharedLimit } from './limits/shared-limit.ts';
import { Connections } from './connections/connections.ts';
import { makeHttpServer } from './server.ts';
import { readStaticFiles } from './answer/static-files.ts';
import { knownBrowsers } from './tickets/known-browsers.ts';
import { ticketOpening } from './tickets/opened-ticket.ts';
import { minting } from './tickets/minting.ts';
import { scanHistory } from './tickets/scan-history.ts';
import { scanRisk } from './tickets/scan-risk.ts';
import { scanning } from './tickets/scanning.ts';
import { startFigures } from './starting-figures.ts';
import { upgradeHandler } from './upgrades.ts';
import { seldom } from '../telemetry/seldom.ts';
import type { EdgeOptions } from './edge-options.ts';

/** The edge of a gateway, ready to listen. */
export interface Edge {
  /** Not listening yet. Closing it is the caller's, after held connections were drained. */
  readonly server: Server;
  /** Gives connections that come from now on another certificate. Nothing without TLS. */
  readonly renewTls: (pair: TlsPair) => void;
  /** Those of the server. */
  readonly connections: Connections;
  readonly routes: readonly Route[];
}

/** Makes the edge. @throws BadSetting for a trusted proxy that is neither an address nor a network. */
export function makeEdge(options: EdgeOptions): Edge {
  const { settings, log, metrics } = options;
  const { publicUrl } = settings;
  const { origins } = options.shared;
  const security = securityHeaders(publicUrl);
  const addressOf = clientAddresses(settings.trustedProxies, (peer) =>
    log.warn(
      { peer },
      'forwards for others but is not in SCANGATE_TRUSTED_PROXIES: its clients are limited as one',
    ),
  );

  const admit = admission(options, addressOf);
  const connections = makeConnections(options);
  const parts = routeParts(options, security);
  const routes = routeTable(parts);
  startFigures(metrics, routes);
  const dispatcher = new Dispatcher({
    addressOf,
    origins,
    limits: limitsOf(options, addressOf),
    userKey: (req, id) => parts.caller.key(phoneRequestOf(req, id)),
    security,
    basePath: settings.basePath,
    bodyBytes: settings.bodyBytes,
    isClient: (id) => options.clients.find(id) !== undefined,
    log,
    metrics,
    report: options.report,
    refusalPage: (req) => problemPage(options.pages, options.clients, req),
    isDraining: options.isDraining,
  });

  const makeRequestId = requestIds(options.makeTicketId().slice(0, 6));
  const app = makeApp({
    routes,
    dispatcher,
    origins,
    security,
    admit,
    accessLog: new AccessLog({
      ...options.naming,
      tracing: options.tracing,
      log,
      metrics,
      now: options.monotonicNow,
      fromOf: (req) => fromOf(addressOf(req)),
    }),
    makeRequestId,
  });
  const onUpgrade = upgradeHandler({
    sockets: socketTable(parts),
    addressOf,
    security,
    admit,
    connections,
    log,
    onRefused: (code) => metrics.problems.inc({ code }),
    makeRequestId,
  });
  const onUnread = unreadTeller(options);
  const bounds = settings.server;
  return {
    ...makeHttpServer({ app, onUpgrade, connections, security, bounds, tls: options.tls, onUnread }),
    connections,
    routes,
  };
}

const FAR = 'A gateway with demo phones serves loopback and private addresses only.';

// Whoever comes from afar must not meet the identity that lets anyone be anyone, whatever address is public. A listed
// proxy that is near answers for those whom it forwards.
function admission(
  { settings, phones }: EdgeOptions,
  addressOf: LimitsParts['addressOf'],
): AppParts['admit'] {
  const { basePath } = settings;
  const checkHost = hostCheck(settings.publicUrl, (req) => addressOf(req).isLoopback);
  const demo = phones.all.some(({ source }) => source === 'demo');
  return (req) => {
    req.url = localUrl(basePath, req.url ?? '');
    checkHost(req);
    if (demo && !isNearPeer(req.socket))
      throw new ScangateError('invalid_request', { field: 'address', message: FAR });
  };
}

/** Counts what is refused before it is a request, and says so once a minute for each reason. */
function unreadTeller({ log, metrics, monotonicNow }: EdgeOptions): (code: string, why: string) => void {
  const tell = seldom(monotonicNow);
  return (code, why) => {
    metrics.problems.inc({ code });
    tell(why, (untold) => log.info({ why, untold }, 'what came is no HTTP'));
  };
}

function makeConnections({ settings, tls, shared, metrics, report, monotonicNow }: EdgeOptions): Connections {
  return new Connections({
    tls: tls !== undefined,
    times: { ...settings.server, stallMs: shared.settings.readerStallMs },
    bounds: settings.connections,
    wheel: shared.watch.wheel,
    peerOf: connectionAddresses(settings.trustedProxies),
    onCut: (state) => metrics.tcpCut.inc({ state }),
    onFull: (address) => report({ kind: 'shut_out', reason: 'connections', address }),
    now: monotonicNow,
  });
}

function routeParts(options: EdgeOptions, security: readonly Header[]): RouteTableParts {
  const { settings, commands, secrets, sessions, oauth, clients, phones, ledger, shared } = options;
  const { issuer } = settings;
  const { origins } = shared;
  const ends = singlePageEnds(
    pageEnds(ledger, options.pageSessions, options.makeTicketId),
    ledger,
    options.pageSessions,
  );
  return {
    commands,
    secrets,
    sessions,
    oauth,
    security,
    keys: options.keys,
    userSessions: oauth.userSessions,
    userCodes: oauth.userCodes,
    clients,
    decisionsOf: options.decisionsOf,
    recordKeys: options.recordKeys,
    origins,
    shared,
    issuer,
    basePath: settings.basePath,
    hasDocs: settings.hasDocs,
    phoneApp: settings.phoneApp,
    phones,
    gate: new BrowserGate(secrets, clients, origins),
    caller: phoneCaller(phones, ends, origins, issuer, options.log),
    presenter: options.presenter,
    admitSession: sessionGate({
      access: oauth.access,
      clients,
      origins,
      presenter: sessionPresenter(sessions, shared.settings.retryMs),
    }),
    carried: oauth.carried,
    ...ticketParts(options),
    idempotency: idempotency(ledger, secrets, settings.idempotencyLifeMs),
    numberMatch: numberMatch(ledger, secrets, settings.numberTries),
    historyMs: settings.historyMs,
    pages: options.pages,
    logos: options.logos,
    pageEnds: ends,
    pageSessions: options.pageSessions,
    awayCookies: awayCookies(options.awaySeal, issuer, options.wallNow),
    makeState: options.makeTicketId,
    makeVerifier: options.makeVerifier,
    report: options.report,
    demo: phones.all.some(({ source }) => source === 'demo'),
    wechatScenes: options.wechatScenes,
    readiness: options.readiness,
    assets: readStaticFiles(options.assetsFolder, (path) => !/^(pages|operators)\//.test(path)),
    openapiFile: options.openapiFile,
  };
}

/** How tickets are minted, and for whom. */
function ticketParts(
  options: EdgeOptions,
): Pick<RouteTableParts, 'minting' | 'openTicket' | 'knownBrowsers' | 'scanRisk' | 'scanTicket'> {
  const { settings, commands, ledger, makeTicketId } = options;
  const mints = minting({
    commands,
    clients: options.clients,
    carried: options.oauth.carried,
    lives: settings.lives,
    makingKeyId: options.makingKeyId,
    makeTicketId,
    knowsAuthTime: options.phones.all.some(({ knowsAuthTime }) => knowsAuthTime),
  });
  const known = knownBrowsers({
    ledger,
    issuer: settings.issuer,
    lifeMs: settings.knownBrowserMs,
    makeId: makeTicketId,
  });
  const openTicket = ticketOpening({ commands, ledger, minting: mints, knownBrowsers: known });
  const risk = scanRisk({ ...options, countScan: scanHistory({ ...options, settings: settings.risk }) });
  const scanTicket = scanning(commands, risk);
  return { minting: mints, openTicket, knownBrowsers: known, scanRisk: risk, scanTicket };
}

function limitsOf(options: EdgeOptions, addressOf: LimitsParts['addressOf']): Limits {
  const { perMinute, limitsRate } = options.settings;
  return makeLimits({
    perMinute,
    limitsRate,
    makeStore: limitStores(options),
    addressOf,
    now: options.wallNow,
    onStoreAway: () => options.log.warn('the store of the rate limits is away: nothing is limited'),
  });
}

function limitStores(options: EdgeOptions): EdgeOptions['makeLimitStore'] {
  const { makeLimitStore, settings, ledger, wallNow } = options;
  if (makeLimitStore !== undefined || !settings.sharesLimits) return makeLimitStore;
  return (name) => sharedLimit(ledger, name, wallNow);
}

// The id of a proxy in front is kept, so that one request has one id in both logs.
function requestIds(prefix: string): (req: IncomingMessage) => string {
  let count = 0;
  return ({ headers: { 'x-request-id': given } }) => {
    count += 1;
    return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : `${prefix}-${count}`;
  };
}
