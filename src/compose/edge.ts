import { fileURLToPath } from 'node:url';
import type { Config } from '../config/config.ts';
import type { TlsPair } from '../config/tls-pair.ts';
import { edgeSettings } from '../config/rooms/http.ts';
import { makeEdge } from '../http/edge.ts';
import type { Edge } from '../http/edge.ts';
import { clientLogos } from '../http/pages/client-logos.ts';
import { readPages } from '../http/pages/pages.ts';
import { ticketPresenter } from '../http/tickets/presenter.ts';
import type { TransportShared } from '../http/transports/transport.ts';
import type { ClientRegistry } from '../oauth/clients/client.ts';
import type { OAuthServer } from '../oauth/server.ts';
import type { Places } from '../place/places.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Log } from '../telemetry/log.ts';
import { systemTime } from '../time/system-time.ts';
import type { Commands } from './commands/commands.ts';
import type { NodeState } from './node-state.ts';
import type { KeptRecord } from './record/record.ts';
import type { Phones } from './phones.ts';
import { makeOutward } from './outward.ts';
import { makeId, makeTraceId, makeVerifier } from './randomness.ts';
import type { Secrets } from './secrets.ts';
import { openLiveCertificate } from './operate/live-certificate.ts';
import type { Closable } from './assembly.ts';
import type { Telling } from './telling.ts';
import { makeWechatScenes } from './wechat.ts';

/** What the edge and all its routes are made of. */
export interface EdgeParts {
  readonly clients: ClientRegistry;
  readonly commands: Commands;
  readonly kept: KeptRecord;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly telling: Telling;
  readonly oauth: OAuthServer;
  readonly phones: Phones;
  readonly places: Places;
  readonly secrets: Secrets;
  readonly shared: TransportShared;
  readonly state: NodeState;
}

/** An edge whose certificate follows its files until it is closed. */
export interface FollowingEdge extends Edge, Closable {
  /** Reads the files of the certificate now. */
  look(): void;
}

/** Makes the server with every route behind it. It does not listen yet. @throws BadSetting where its certificate is none. */
export function openEdge(config: Config, parts: EdgeParts): FollowingEdge {
  const certificate = openLiveCertificate(config, {
    log: parts.log,
    metrics: parts.telling.metrics,
    time: systemTime,
  });
  const edge = makeServer(config, parts, certificate.first);
  certificate.onRenewed((pair) => edge.renewTls(pair));
  return { ...edge, look: () => certificate.look(), close: () => certificate.close() };
}

function makeServer(config: Config, parts: EdgeParts, tls: TlsPair | undefined): Edge {
  const { clients, commands, kept, ledger, log, oauth, phones, places, secrets, shared, state, telling } =
    parts;
  return makeEdge({
    settings: edgeSettings(config),
    tls,
    commands: commands.tickets,
    sessions: commands.sessions,
    oauth,
    keys: secrets.keys,
    secrets: secrets.tickets,
    awaySeal: secrets.awaySeal,
    makingKeyId: () => secrets.ring.makingId,
    clients,
    decisionsOf: (user, limit) => kept.decisionsOf(user, limit),
    recordKeys: () => kept.keys(),
    phones: phones.identities,
    wechatScenes: makeWechatScenes(config, telling, ledger, secrets),
    pageSessions: phones.pageSessions,
    ledger,
    presenter: ticketPresenter({
      commands: commands.tickets,
      secrets: secrets.tickets,
      issuer: config.issuer,
      retryAfterMs: shared.settings.retryMs,
    }),
    pages: readPages(besideThis('../web/pages'), config.phoneIdentities.includes('demo')),
    places,
    time: systemTime,
    logos: clientLogos({ time: systemTime, call: makeOutward(config, telling.tracing) }),
    shared,
    readiness: () => state.readiness(),
    isDraining: () => state.isDraining,
    log,
    metrics: telling.metrics,
    report: telling.report,
    tracing: telling.tracing,
    makeTicketId: makeId,
    makeVerifier,
    naming: {
      nameTicket: (id) => secrets.ticketNames.nameOf(id),
      clientOfTicket: commands.clientOfTicket,
      makeTraceId,
    },
    monotonicNow: () => systemTime.now(),
    wallNow: () => systemTime.wallNow(),
    assetsFolder: besideThis('../web'),
    openapiFile: besideThis('../openapi.yaml'),
  });
}

function besideThis(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
