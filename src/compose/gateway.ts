import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { sessionCommands } from '../command/session-commands.ts';
import { openSweeper } from '../command/sweeper.ts';
import { ticketCommands } from '../command/ticket-commands.ts';
import { BadSetting } from '../config/bad-setting.ts';
import type { Config } from '../config/config.ts';
import { commandSettings, sweeperSettings } from '../config/rooms/command.ts';
import { drainTimes, edgeSettings, heldLimits } from '../config/rooms/http.ts';
import { oauthSettings } from '../config/rooms/oauth.ts';
import { canarySettings } from '../config/rooms/watch.ts';
import { countedCommands } from '../http/tickets/counted-commands.ts';
import { buildEdge } from '../http/edge.ts';
import { readPages } from '../http/pages/pages.ts';
import { ticketPresenter } from '../http/tickets/presenter.ts';
import { Held } from '../http/transports/held.ts';
import { BadClients } from '../oauth/clients/client-file.ts';
import { openClientRegistry } from '../oauth/clients/client-registry.ts';
import { demoClient } from '../oauth/clients/demo-client.ts';
import { oauthServer } from '../oauth/server.ts';
import { subjectRule } from '../oauth/tokens/subject.ts';
import { openPhones, openUserStatus, openWechatScenes, remoteKeys } from './phones.ts';
import { openStores, watchedBy } from './stores.ts';
import { openTransports } from './transports.ts';
import { phoneIdentities } from '../phone/identities.ts';
import { pageSessions } from '../phone/page-session.ts';
import { activePhones } from '../phone/user-status.ts';
import { boxOf } from '../secrets/box.ts';
import { KeyRing } from '../secrets/key-ring.ts';
import { sealOf } from '../secrets/seal.ts';
import { signingKeys } from '../secrets/signing-keys.ts';
import { TicketSecrets } from '../secrets/ticket-secrets.ts';
import type { Head } from '../store/event-store.ts';
import { createLog } from '../telemetry/log.ts';
import type { Log } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { systemTime } from '../time/system-time.ts';
import { Canary } from '../watch/canary.ts';
import { openFeed } from '../watch/feed.ts';
import { Hub } from '../watch/hub.ts';

/** A gateway that is put together. */
export interface Gateway {
  /** Listens; kept once the first canary has come back. */
  start(): Promise<void>;
  /** Leaves in order, within `SCANGATE_DRAIN_MAX`. */
  stop(): Promise<void>;
}

const CLIENTS_LOOK_MS = 2000;

const monotonicNow = (): number => performance.now();
const wallNow = (): number => Date.now();
const makeId = (): string => randomBytes(16).toString('base64url');
const makeNonce = (): string => randomBytes(8).readBigUInt64BE().toString();

/** Puts a gateway together: the one place that knows every concrete part. @throws what a mendable start throws. */
export async function compose(config: Config): Promise<Gateway> {
  const log = createLog(config.SCANGATE_LOG_LEVEL);
  const metrics = createMetrics();
  const clients = openClients(config, log);
  const stores = await openStores(config, watchedBy(metrics, log));
  const { store, ledger } = stores;

  const ring = new KeyRing(stores.secrets);
  const secrets = new TicketSecrets(ring);
  const keys = signingKeys(ring);
  const common = {
    store,
    makeNonce,
    ...commandSettings(config),
  };
  const commands = countedCommands(ticketCommands(common), metrics);
  const sessions = sessionCommands(common);

  const hub = new Hub();
  const held = new Held(heldLimits(config), systemTime);
  const shared = openTransports(config, { hub, held, clients, log, metrics, time: systemTime });
  const presenter = ticketPresenter({
    commands,
    secrets,
    issuer: config.issuer,
    retryAfterMs: config.SCANGATE_SSE_RETRY,
  });
  const canary = new Canary({
    store,
    hub,
    makeId,
    makeNonce,
    ...canarySettings(config),
    time: systemTime,
  });
  const approvalSessions = pageSessions(
    sealOf(ring, 'phone page'),
    config.SCANGATE_PAGE_SESSION_LIFE,
    wallNow,
  );
  const isActive = openUserStatus(config, metrics);
  const oauth = oauthServer({
    ...oauthSettings(config),
    clients,
    tickets: commands,
    sessions,
    ledger,
    ring,
    keys,
    subjectOf: subjectRule(config.phoneIdentities, config.SCANGATE_SUB_BARE),
    isActive,
    remoteKeys: (address) => remoteKeys(config, metrics, address),
    now: wallNow,
    makeTicketId: makeId,
  });
  const phones = activePhones(phoneIdentities(openPhones(config, metrics, approvalSessions)), isActive);
  const pages = readPages(besideThis('../web/pages'), config.phoneIdentities.includes('demo'));
  let draining = false;
  const clocksAgree = (): boolean => (store.health().clockSkewMs ?? 0) <= config.SCANGATE_CLOCK_SKEW_MAX;
  const { server } = buildEdge({
    settings: edgeSettings(config),
    commands,
    sessions,
    oauth,
    keys,
    secrets,
    awaySeal: sealOf(ring, 'phone sign-in'),
    makingKeyId: () => ring.makingId,
    clients,
    phones,
    wechatScenes: openWechatScenes(config, metrics, {
      ledger,
      box: boxOf(ring, 'wechat credential'),
      makeId,
    }),
    pageSessions: approvalSessions,
    ledger,
    presenter,
    pages,
    shared,
    readiness: () => ({
      state: draining ? 'draining' : canary.ready && clocksAgree() ? 'ready' : 'away',
      canaryAgeMs: canary.ageMs,
    }),
    isDraining: () => draining,
    log,
    metrics,
    makeTicketId: makeId,
    makeVerifier: () => randomBytes(32).toString('base64url'),
    monotonicNow,
    wallNow,
    assetsFolder: besideThis('../web'),
    openapiFile: besideThis('../openapi.yaml'),
  });

  const feed = openFeed(store, hub, systemTime, {
    woke: (subjects) => metrics.feedWakeups.inc(Math.max(1, subjects)),
    broke: (error) => log.error({ err: error }, 'the feed ended and is taken up again'),
  });
  const expire = async (head: Head): Promise<Head> => await sessions.expire(await commands.expire(head));
  const sweeper = openSweeper({
    store,
    expire,
    ...sweeperSettings(config),
    time: systemTime,
    random: Math.random,
    onSwept: (count) => metrics.swept.inc(count),
  });

  async function end(): Promise<void> {
    canary.close();
    clients.close();
    await Promise.all([sweeper.close(), feed.close()]);
    await stores.close();
  }

  return {
    async start() {
      try {
        await listen(server, config);
      } catch (error) {
        await end();
        throw error;
      }
      // The first RSA key takes a quarter of a second to derive: before anyone waits for it.
      void keys.jwks();
      await feed.ready;
      await canary.start();
    },
    async stop() {
      draining = true;
      metrics.draining.set(1);
      const endedBy = monotonicNow() + config.SCANGATE_DRAIN_MAX;
      await held.drain(drainTimes(config));
      await closeServer(server, Math.max(0, endedBy - monotonicNow() - LAST_MS));
      await end();
    },
  };
}

/** What is kept of the drain's time to end the stores. */
const LAST_MS = 500;

function openClients(config: Config, log: Log): ReturnType<typeof openClientRegistry> {
  try {
    return openClientRegistry({
      file: config.SCANGATE_CLIENTS_FILE,
      builtIn: config.phoneIdentities.includes('demo') ? [demoClient(config.issuer)] : [],
      plainHttp: config.publicUrl.protocol === 'http:',
      lookMs: CLIENTS_LOOK_MS,
      time: systemTime,
      onLoaded: (count) => log.info({ clients: count }, 'clients read again'),
      onMistakes: (mistakes) => log.error({ mistakes }, 'the clients stay as they were'),
    });
  } catch (error) {
    if (error instanceof BadClients) throw new BadSetting('SCANGATE_CLIENTS_FILE', error.message);
    throw error;
  }
}

async function listen(server: Server, config: Config): Promise<void> {
  server.listen(config.PORT, config.HOST);
  await once(server, 'listening');
}

async function closeServer(server: Server, withinMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), withinMs);
  await closed;
  clearTimeout(cut);
}

function besideThis(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
