import type { IncomingMessage, Server } from 'node:http';
import type { Store as LimitStore } from 'express-rate-limit';
import type { TicketCommands } from '../command/ticket-commands.ts';
import type { ClientRegistry } from '../oauth/clients/client.ts';
import type { TokenEndpoint } from '../oauth/grants/token-endpoint.ts';
import type { PhoneIdentities } from '../phone/identities.ts';
import type { PageSessions } from '../phone/page-session.ts';
import type { TicketSecrets } from '../secrets/ticket-secrets.ts';
import type { Ledger } from '../store/ledger.ts';
import { AccessLog } from '../telemetry/access-log.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { makeApp } from './app.ts';
import { BrowserGate } from './caller/browser-gate.ts';
import { clientAddresses } from './caller/client-address.ts';
import { Origins } from './caller/origins.ts';
import { Dispatcher } from './dispatch.ts';
import { idempotency } from './tickets/idempotency.ts';
import { createLimits, noLimits } from './limits/limits.ts';
import { numberMatch } from './tickets/number-match.ts';
import type { Pages } from './pages/pages.ts';
import { phoneCaller } from './caller/phone-caller.ts';
import type { LimitName, LimitsOptions } from './limits/limits.ts';
import type { Route } from './request/route.ts';
import { routeTable } from './route-table.ts';
import type { Readiness } from './routes/health.ts';
import { securityHeaders } from './answer/security-headers.ts';
import { sharedLimit } from './limits/shared-limit.ts';
import { createHttpServer } from './server.ts';
import type { ServerBounds } from './server.ts';
import { readStaticFiles } from './answer/static-files.ts';
import { minting } from './tickets/minting.ts';
import type { MintingOptions } from './tickets/minting.ts';
import type { TicketPresenter } from './tickets/presenter.ts';
import type { TransportShared } from './transports/transport.ts';
import { upgradeHandler } from './upgrades.ts';
import type { TakeUpgrade } from './upgrades.ts';
import type { UserCodes } from './tickets/user-codes.ts';

/** What the edge is told: `edgeSettings(config)` makes it. Durations in milliseconds. */
export interface EdgeSettings {
  readonly publicUrl: URL;
  /** The public address without a trailing slash. */
  readonly issuer: string;
  /** Addresses or networks whose `X-Forwarded-For` counts. */
  readonly trustedProxies: readonly string[];
  readonly lives: MintingOptions['lives'];
  /** How long an outcome can still be learnt after a ticket's end. */
  readonly historyMs: number;
  /** Wrong numbers that a phone may type for one ticket. */
  readonly numberTries: number;
  readonly idempotencyLifeMs: number;
  /** The largest body of a request. */
  readonly bodyBytes: number;
  /** Undefined: nothing is limited. */
  readonly perMinute: LimitsOptions['perMinute'] | undefined;
  /** Whether nodes share a store, and count their rate limits in it together. */
  readonly sharesLimits: boolean;
  readonly server: ServerBounds;
}

/** Everything that the edge is made of. */
export interface EdgeOptions {
  readonly settings: EdgeSettings;
  /** `countedCommands(…)` makes them count. */
  readonly commands: TicketCommands;
  readonly secrets: TicketSecrets;
  /** The id of the key that makes secrets now: `() => ring.makingId`. */
  readonly makingKeyId: () => string;
  readonly clients: ClientRegistry;
  readonly phones: PhoneIdentities;
  readonly pageSessions: PageSessions;
  readonly ledger: Ledger;
  /** One a process, shared with whatever else tells of tickets. */
  readonly presenter: TicketPresenter;
  /** `readPages(…)`; the OAuth routes show pages too. */
  readonly pages: Pages;
  /** What held connections share. */
  readonly shared: TransportShared;
  readonly readiness: () => Readiness;
  readonly isDraining: () => boolean;
  readonly log: Log;
  readonly metrics: Metrics;
  /** A fresh ticket id: 128 random bits in base64url. */
  readonly makeTicketId: () => string;
  /** A fresh PKCE verifier: 256 random bits in base64url. */
  readonly makeVerifier: () => string;
  /** A monotonic clock in milliseconds. */
  readonly monotonicNow: () => number;
  /** Milliseconds since the epoch, for `Retry-After` of rate limits alone. */
  readonly wallNow: () => number;
  /** The folder of the built scripts and styles, `dist/web`. */
  readonly assetsFolder: string;
  /** The committed `openapi.yaml`, or its copy in `dist`. */
  readonly openapiFile: string;
  /** Routes of OAuth and sessions. */
  readonly routes: readonly Route[];
  /** Redeems for the demo client's page where there is no JavaScript. */
  readonly tokens?: TokenEndpoint | undefined;
  readonly userCodes?: UserCodes | undefined;
  /** In the place of where rate limits are counted: the ledger of a shared store, else this process. */
  readonly makeLimitStore?: ((name: LimitName) => LimitStore) | undefined;
  /** Takes upgrades of other rooms, as `UpgradeOptions.more`. */
  readonly upgrades?: TakeUpgrade | undefined;
}

/** The edge of a gateway, ready to listen. */
export interface Edge {
  /** Not listening yet. Closing it is the caller's, after held connections were drained. */
  readonly server: Server;
  readonly routes: readonly Route[];
}

/** Puts the edge together. @throws BadSetting for a trusted proxy that is neither an address nor a network. */
export function buildEdge(options: EdgeOptions): Edge {
  const { settings, commands, secrets, clients, ledger, log, metrics } = options;
  const { issuer, publicUrl } = settings;
  const origins = new Origins(publicUrl, clients);
  const gate = new BrowserGate(secrets, clients, origins);
  const caller = phoneCaller(options.phones, origins, publicUrl.protocol === 'https:');
  const security = securityHeaders(publicUrl);
  const addressOf = clientAddresses(settings.trustedProxies, (peer) =>
    log.warn({ peer }, 'forwards for others but is not in SCANGATE_TRUSTED_PROXIES: not limited by address'),
  );

  const routes = routeTable({
    commands,
    secrets,
    gate,
    origins,
    clients,
    caller,
    presenter: options.presenter,
    minting: minting({
      commands,
      clients,
      lives: settings.lives,
      makingKeyId: options.makingKeyId,
      makeTicketId: options.makeTicketId,
    }),
    issuer,
    historyMs: settings.historyMs,
    idempotency: idempotency(ledger, secrets, settings.idempotencyLifeMs),
    numberMatch: numberMatch(ledger, secrets, settings.numberTries),
    userCodes: options.userCodes,
    phones: options.phones,
    pages: options.pages,
    pageSessions: options.pageSessions,
    demo: options.phones.all.some(({ source }) => source === 'demo'),
    tokens: options.tokens,
    makeVerifier: options.makeVerifier,
    shared: options.shared,
    readiness: options.readiness,
    metrics,
    assets: readStaticFiles(options.assetsFolder, (path) => !path.startsWith('pages/')),
    openapiFile: options.openapiFile,
    more: options.routes,
  });

  const dispatcher = new Dispatcher({
    addressOf,
    origins,
    limits:
      settings.perMinute === undefined
        ? noLimits
        : createLimits({
            perMinute: settings.perMinute,
            makeStore: limitStores(options),
            addressOf,
            now: options.wallNow,
            onStoreAway: () => log.warn('the store of the rate limits is away: nothing is limited'),
          }),
    security,
    bodyBytes: settings.bodyBytes,
    log,
    metrics,
    refusalPage: (req) => options.pages.refusal(req.headers),
    isDraining: options.isDraining,
  });

  const app = makeApp({
    routes,
    dispatcher,
    origins,
    security,
    accessLog: new AccessLog(log, metrics, options.monotonicNow),
    makeRequestId: requestIds(options.makeTicketId().slice(0, 6)),
  });
  const onUpgrade = upgradeHandler({
    gate,
    presenter: options.presenter,
    shared: options.shared,
    addressOf,
    security,
    log,
    more: options.upgrades,
  });
  const server = createHttpServer(app, onUpgrade, settings.server);
  return { server, routes };
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
