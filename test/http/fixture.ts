import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import supertest from 'supertest';
import { sessionCommands } from '../../src/command/session-commands.ts';
import { ticketCommands } from '../../src/command/ticket-commands.ts';
import { oauthSettings } from '../../src/config/rooms/oauth.ts';
import { readConfig } from '../../src/config/config.ts';
import { edgeSettings, heldLimits, transportSettings } from '../../src/config/rooms/http.ts';
import { countedCommands } from '../../src/http/tickets/counted-commands.ts';
import { ticketOutcomes } from '../../src/http/tickets/ticket-outcomes.ts';
import { countedAddress } from '../../src/http/caller/client-address.ts';
import { Origins } from '../../src/http/caller/origins.ts';
import { makeEdge } from '../../src/http/edge.ts';
import type { EdgeOptions } from '../../src/http/edge-options.ts';
import { clientLogos } from '../../src/http/pages/client-logos.ts';
import { LANGUAGES } from '../../src/http/pages/language.ts';
import { readPages } from '../../src/http/pages/pages.ts';
import { ticketPresenter } from '../../src/http/tickets/presenter.ts';
import { endLog } from '../../src/http/transports/end-log.ts';
import { Held } from '../../src/http/transports/held.ts';
import { isPassing } from '../../src/http/transports/passing.ts';
import type { TransportShared } from '../../src/http/transports/transport.ts';
import { socketServer } from '../../src/http/transports/web-socket.ts';
import type { Client, ClientRegistry } from '../../src/oauth/clients/client.ts';
import { demoClient } from '../../src/oauth/clients/demo-client.ts';
import { OAuthError } from '../../src/oauth/error.ts';
import type { TokenEndpoint } from '../../src/oauth/grants/token-endpoint.ts';
import { oauthServer } from '../../src/oauth/server.ts';
import { subjectRule } from '../../src/oauth/tokens/subject.ts';
import { demoIdentity } from '../../src/phone/demo.ts';
import { phoneIdentities } from '../../src/phone/identities.ts';
import { pageSessions } from '../../src/phone/page-session.ts';
import { noPlaces } from '../../src/place/places.ts';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { sealOf } from '../../src/secrets/seal.ts';
import { signingKeys } from '../../src/secrets/signing-keys.ts';
import { ticketNames } from '../../src/secrets/ticket-names.ts';
import { TicketSecrets } from '../../src/secrets/ticket-secrets.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { openFileStore } from '../../src/store/file/open.ts';
import { makeLog } from '../../src/telemetry/log.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import { SecurityReports } from '../../src/telemetry/security-reports.ts';
import { openFeed } from '../../src/watch/feed.ts';
import { Hub } from '../../src/watch/hub.ts';
import { Wheel } from '../../src/watch/wheel.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { outwardTo } from '../support/outward.ts';
import { temporaryFolder } from '../support/folder.ts';
import { recordResponses } from './response-recorder.ts';
import type { ResponseRecord } from './response-recorder.ts';

/** A running edge over a real file store, in this process. */
export interface RunningEdge {
  readonly url: string;
  readonly server: Server;
  readonly held: Held;
  /** One request and its answer, in a line: `await edge.api.get('/livez').expect(200)`. No redirect is followed. */
  readonly api: ReturnType<typeof supertest>;
  readonly secrets: TicketSecrets;
  /** The id of the key that makes. */
  readonly keyId: string;
  readonly ledger: Ledger;
  readonly metrics: Metrics;
  readonly routes: ReturnType<typeof makeEdge>['routes'];
  readonly folder: string;
  /** The log's lines so far. */
  readonly lines: string[];
  /** What was seen of `openapi.yaml`; {@link RunningEdge.stop} throws at a violation. */
  readonly record: ResponseRecord;
  /** Calls of the store and the ledger so far. */
  calls(): number;
  /** Lets the store's clock go on by itself and jumps ahead besides. */
  advance(ms: number): void;
  /** What `/readyz` is told, and whether connections are kept. */
  setState(state: 'ready' | 'draining' | 'away'): void;
  /** While true, the store and the ledger throw what they throw when they are away. */
  setAway(error: Error | undefined): void;
  stop(): Promise<void>;
}

/** Settings, and parts in the place of others. */
export interface EdgeTestOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly clients?: readonly Partial<Client>[];
  readonly over?: Partial<EdgeOptions>;
  /** In the place of the token endpoint, which refuses everything; `own`: the one of the server's own. */
  readonly token?: TokenEndpoint | 'own';
  /** Puts something before the store. */
  readonly store?: (store: EventStore) => EventStore;
}

/** A client for tests: public, one redirect address at `https://app.example`. */
export function testClient(over: Partial<Client> = {}): Client {
  return {
    client_id: 'app',
    client_name: 'An <app>',
    redirect_uris: ['https://app.example/back?keep=1'],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    post_logout_redirect_uris: [],
    claims: [],
    scope: ['openid', 'profile'],
    token_endpoint_auth_method: 'none',
    any_secret_method: false,
    require_pushed_authorization_requests: false,
    dpop_bound_access_tokens: false,
    id_token_signed_response_alg: 'RS256',
    ...over,
    policy: { shows_scanner: true, number_match: false, verified: false, pkce: 'required', ...over.policy },
  };
}

const root = resolve(import.meta.dirname, '../..');

/** Starts an edge on a free port. */
export async function startEdge(options: EdgeTestOptions = {}): Promise<RunningEdge> {
  const folder = await temporaryFolder();
  const config = readConfig({ SCANGATE_LIMITS: 'off', ...options.env });
  let ahead = 0;
  let away: Error | undefined;
  let calls = 0;
  let state: 'ready' | 'draining' | 'away' = 'ready';
  const now = (): number => Date.now() + ahead;
  const newId = (): string => randomBytes(16).toString('base64url');
  const opened = await openFileStore({
    folder: folder.path,
    settings: { historyMs: config.SCANGATE_HISTORY, lifeMaxMs: 600_000, callTimeoutMs: 5000 },
    time: { ...systemTime, wallNow: now },
    newId,
  });
  const watched = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function' || name === 'feed' || name === 'close') return member;
        return (...args: unknown[]): unknown => {
          calls += 1;
          if (away !== undefined) return Promise.reject(away);
          return Reflect.apply(member, target, args);
        };
      },
    });
  const watchedStore = watched(opened.store);
  const store: EventStore = options.store?.(watchedStore) ?? watchedStore;
  const ledger: Ledger = watched(opened.ledger);

  const ring = new KeyRing([randomBytes(32).toString('base64url')]);
  const secrets = new TicketSecrets(ring);
  const metrics = makeMetrics(false);
  const lines: string[] = [];
  const log = makeLog('info', { write: (line) => void lines.push(line) });
  const reports = new SecurityReports({ log, metrics, networkOf: countedAddress });
  const nonce = (): string => BigInt(`0x${randomBytes(8).toString('hex')}`).toString();
  const common = { store, makeNonce: nonce, tries: 6 } as const;
  const commands = countedCommands(ticketCommands(common), {
    metrics,
    came: ticketOutcomes(metrics, () => 'other'),
    saw: () => undefined,
  });
  const sessions = sessionCommands({ ...common, replayWindowMs: config.SCANGATE_REPLAY_WINDOW });
  const hub = new Hub();
  const monotonicNow = (): number => performance.now();
  const wheel = new Wheel(50, systemTime);
  const feed = openFeed(opened.store, hub, systemTime);
  await feed.ready;
  const clients: Client[] = [];
  const registry: ClientRegistry = {
    find: (id) => clients.find((client) => client.client_id === id),
    learn: () => Promise.resolve(),
    isClientOrigin: (origin) =>
      clients.some((client) => client.redirect_uris.some((uri) => new URL(uri).origin === origin)),
  };
  const sockets = socketServer(config.SCANGATE_SOCKET_MESSAGE_BYTES);
  const shared: TransportShared = {
    settings: transportSettings(config),
    watch: {
      hub,
      wheel,
      recheckMinMs: 20_000,
      recheckMaxMs: 40_000,
      awayMs: 500,
      random: Math.random,
      isAway: isPassing,
    },
    held: new Held(heldLimits(config), systemTime),
    sockets,
    origins: new Origins(config.publicUrl, registry),
    events: {
      opened: () => undefined,
      told: () => undefined,
      closed: () => undefined,
      refused: () => undefined,
      ended: endLog(log),
      defect: (error) => void lines.push(JSON.stringify({ level: 'error', msg: String(error) })),
    },
    now: monotonicNow,
  };
  const approvalSessions = pageSessions(sealOf(ring, 'page session'), 3_600_000, now);
  const keys = signingKeys(ring);
  const oauth = oauthServer({
    ...oauthSettings(config),
    clients: registry,
    tickets: commands,
    sessions,
    ledger,
    ring,
    secrets,
    keys,
    subjectOf: subjectRule(['demo'], undefined),
    languages: LANGUAGES,
    filledClaims: ['name'],
    isActive: () => Promise.resolve(true),
    knowsAuthTime: true,
    remoteKeys: () => () => Promise.reject(new Error('no remote keys here')),
    pause: () => Promise.resolve(),
    now,
    makeTicketId: newId,
  });
  const refuse: TokenEndpoint = () => Promise.reject(new OAuthError('invalid_grant', 'It is not one.'));
  const token = options.token === 'own' ? oauth.token : (options.token ?? refuse);
  const edge = makeEdge({
    settings: edgeSettings(config),
    commands,
    sessions,
    oauth: { ...oauth, token },
    keys,
    secrets,
    awaySeal: sealOf(ring, 'phone sign-in'),
    makingKeyId: () => ring.makingId,
    clients: registry,
    phones: phoneIdentities([demoIdentity(approvalSessions, now)]),
    pageSessions: approvalSessions,
    ledger,
    presenter: ticketPresenter({ commands, secrets, issuer: config.issuer, retryAfterMs: 2000 }),
    places: noPlaces,
    time: systemTime,
    logos: clientLogos({ time: systemTime, call: outwardTo() }),
    decisionsOf: () => Promise.resolve([]),
    recordKeys: () => Promise.resolve([]),
    pages: readPages(resolve(root, 'src/web/pages'), true),
    shared,
    readiness: () => ({ state, canaryAgeMs: 12 }),
    isDraining: () => state === 'draining',
    log,
    metrics,
    report: (event) => reports.report(event),
    makeTicketId: newId,
    makeVerifier: () => randomBytes(32).toString('base64url'),
    naming: {
      nameTicket: (id) => ticketNames(ring).nameOf(id),
      clientOfTicket: () => undefined,
      makeTraceId: () => randomBytes(16).toString('hex'),
    },
    monotonicNow,
    wallNow: now,
    assetsFolder: resolve(root, 'src/web'),
    openapiFile: resolve(root, 'openapi.yaml'),
    ...options.over,
  });
  const record = recordResponses(edge.server);
  await new Promise<void>((ready) => edge.server.listen(0, '127.0.0.1', ready));
  const { port } = edge.server.address() as AddressInfo;
  clients.push(demoClient(config.issuer), ...(options.clients ?? [{}]).map((over) => testClient(over)));

  return {
    url: `http://127.0.0.1:${port}`,
    server: edge.server,
    held: shared.held,
    api: supertest(`http://127.0.0.1:${port}`),
    secrets,
    keyId: ring.makingId,
    ledger,
    metrics,
    routes: edge.routes,
    folder: folder.path,
    lines,
    record,
    calls: () => calls,
    advance: (ms) => {
      ahead += ms;
    },
    setState: (next) => {
      state = next;
    },
    setAway: (error) => {
      away = error;
    },
    async stop() {
      edge.connections.destroyAll();
      await new Promise((closed) => edge.server.close(closed));
      sockets.close();
      await feed.close();
      await opened.store.close();
      await folder.remove();
      if (record.violations.length > 0) throw new Error(record.violations.slice(0, 10).join('\n'));
    },
  };
}
