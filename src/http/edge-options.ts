import type { TlsPair } from '../config/tls-pair.ts';
import type { PhoneApp } from '../config/phone-app.ts';
import type { Store as LimitStore } from 'express-rate-limit';
import type { SessionCommands } from '../command/session-commands.ts';
import type { TicketCommands } from '../command/ticket-commands.ts';
import type { ClientRegistry } from '../oauth/clients/client.ts';
import type { OAuthServer } from '../oauth/server.ts';
import type { PhoneIdentities } from '../phone/identities.ts';
import type { PageSessions } from '../phone/page-session.ts';
import type { WechatScenes } from '../phone/wechat/scene.ts';
import type { Places } from '../place/places.ts';
import type { RecordKeyJwk } from '../record/chain/signed-head.ts';
import type { ToldEntry } from '../record/chain/entry-text.ts';
import type { Seal } from '../secrets/seal.ts';
import type { SigningKeys } from '../secrets/signing-keys.ts';
import type { TicketSecrets } from '../secrets/ticket-secrets.ts';
import type { Ledger } from '../store/ledger.ts';
import type { User } from '../ticket/events.ts';
import type { RequestNaming } from '../telemetry/access-log.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing/tracing.ts';
import type { ReportSecurity } from '../telemetry/security-event.ts';
import type { Time } from '../time/time.ts';
import type { ClientLogos } from './pages/client-logos.ts';
import type { Pages } from './pages/pages.ts';
import type { LimitName, LimitsParts } from './limits/limits.ts';
import type { Readiness } from './routes/health.ts';
import type { ConnectionBounds } from './connections/connections.ts';
import type { ServerBounds } from './server.ts';
import type { MintingParts } from './tickets/minting.ts';
import type { ScanHistorySettings } from './tickets/scan-history.ts';
import type { TicketPresenter } from './tickets/presenter.ts';
import type { TransportShared } from './transports/transport.ts';

/** What the edge is told: `edgeSettings(config)` makes it. Durations in milliseconds. */
export interface EdgeSettings {
  readonly publicUrl: URL;
  /** The public address without a trailing slash. */
  readonly issuer: string;
  /** The path of the public address without a slash at its end; `''` for none. */
  readonly basePath: string;
  /** Whether the API is readable at `/docs`. */
  readonly hasDocs: boolean;
  /** The operator's own app. */
  readonly phoneApp: PhoneApp;
  /** Addresses or networks whose word counts on whom they forward for. */
  readonly trustedProxies: readonly string[];
  readonly lives: MintingParts['lives'];
  /** How long an outcome can still be learnt after a ticket's end. */
  readonly historyMs: number;
  /** Wrong numbers that a phone may type for one ticket. */
  readonly numberTries: number;
  /** How scans are counted. */
  readonly risk: ScanHistorySettings;
  readonly idempotencyLifeMs: number;
  /** How long a browser of the gateway's own pages is known after its last sign-in. */
  readonly knownBrowserMs: number;
  /** The largest body of a request. */
  readonly bodyBytes: number;
  readonly perMinute: LimitsParts['perMinute'];
  /** Whether requests are counted at all. */
  readonly limitsRate: boolean;
  /** Whether nodes share a store, and count their rate limits in it together. */
  readonly sharesLimits: boolean;
  readonly server: ServerBounds & { readonly lingerMs: number };
  readonly connections: ConnectionBounds;
}

/** Everything that the edge is made of. */
export interface EdgeOptions {
  readonly settings: EdgeSettings;
  /** What it begins with; `renewTls` of the edge changes it. Absent: it speaks plain HTTP. */
  readonly tls?: TlsPair | undefined;
  /** `countedCommands(…)` makes them count. */
  readonly commands: TicketCommands;
  readonly sessions: SessionCommands;
  readonly oauth: OAuthServer;
  readonly keys: SigningKeys;
  readonly secrets: TicketSecrets;
  /** Seals what a phone's browser keeps while it is away, signing in at a source. */
  readonly awaySeal: Seal;
  /** The id of the key that makes secrets now: `() => ring.makingId`. */
  readonly makingKeyId: () => string;
  readonly clients: ClientRegistry;
  /** Every key that the record may be signed by. */
  readonly recordKeys: () => Promise<readonly RecordKeyJwk[]>;
  /** A user's last decisions as the record has them, the newest first, at most `limit`. */
  readonly decisionsOf: (user: User, limit: number) => Promise<readonly ToldEntry[]>;
  readonly phones: PhoneIdentities;
  /** Absent: there are no codes that WeChat itself scans. */
  readonly wechatScenes?: WechatScenes | undefined;
  readonly pageSessions: PageSessions;
  readonly ledger: Ledger;
  /** One a process, shared with whatever else tells of tickets. */
  readonly presenter: TicketPresenter;
  /** `readPages(…)`. */
  readonly pages: Pages;
  /** `clientLogos(…)`. */
  readonly logos: ClientLogos;
  /** What held connections share. */
  readonly shared: TransportShared;
  /** Where addresses are. */
  readonly places: Places;
  /** The time that a scan's history may take. */
  readonly time: Time;
  readonly readiness: () => Readiness;
  readonly isDraining: () => boolean;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly report: ReportSecurity;
  /** A fresh ticket id: 128 random bits in base64url. */
  readonly makeTicketId: () => string;
  /** A fresh PKCE verifier: 256 random bits in base64url. */
  readonly makeVerifier: () => string;
  /** Undefined: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  /** How the log's lines of requests name what they are about. */
  readonly naming: RequestNaming;
  /** A monotonic clock in milliseconds. */
  readonly monotonicNow: () => number;
  /** Milliseconds since the epoch, for `Retry-After` of rate limits alone. */
  readonly wallNow: () => number;
  /** The folder of the built scripts and styles, `dist/web`. */
  readonly assetsFolder: string;
  /** The committed `openapi.yaml`, or its copy in `dist`. */
  readonly openapiFile: string;
  /** In the place of where rate limits are counted: the ledger of a shared store, else this process. */
  readonly makeLimitStore?: ((name: LimitName) => LimitStore) | undefined;
}
