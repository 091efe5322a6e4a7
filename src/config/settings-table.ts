import { PHONE_SETTINGS } from './phone-table.ts';
import { setting } from './setting.ts';
import type { Setting } from './setting.ts';
import { STORE_SETTINGS } from './store-table.ts';

/** Every setting of the process, by the name of its environment variable. */
export const SETTINGS = {
  HOST: setting('text', '127.0.0.1', 'address to listen on'),
  PORT: setting('port', '8080', 'port to listen on'),
  SCANGATE_PUBLIC_URL: setting(
    'text',
    undefined,
    'what the QR code and the issuer say; default `http://localhost:<PORT>`',
  ),
  SCANGATE_STORE: setting(
    'text',
    'file:.scangate',
    '`file:<folder>`, `redis://`, `rediss://`, `redis+sentinel://h1:26379,h2:26379/<master>`, `redis+cluster://h1:6379,h2:6379`',
  ),
  SCANGATE_SECRETS: setting(
    'list',
    undefined,
    'comma separated, each 32 random bytes in base64url; the first makes, all check',
  ),
  SCANGATE_SECRETS_FILE: setting('text', undefined, 'a file that holds the same'),
  SCANGATE_CLIENTS_FILE: setting('text', undefined, 'registered clients, reloaded on change'),
  SCANGATE_PHONE_IDENTITY: setting(
    'list',
    undefined,
    'comma separated: `demo`, `jwt`, `oidc`, `wechat`; `demo` with the file store',
  ),
  SCANGATE_SUB_BARE: setting(
    'text',
    undefined,
    'with several phone sources: the one whose subjects stand bare in `sub`',
  ),
  SCANGATE_TRUSTED_PROXIES: setting(
    'list',
    undefined,
    'addresses or networks whose `X-Forwarded-For` counts',
  ),
  SCANGATE_LIMITS: setting(
    ['on', 'off'],
    'on',
    '`off` lifts rate limits and bounds per address; loopback only',
  ),
  SCANGATE_DURABILITY: setting(
    ['acknowledged', 'replicated'],
    'acknowledged',
    '`replicated`: confirm, deny, redeem and revoke wait for every known replica',
  ),
  SCANGATE_LOG_LEVEL: setting(
    ['debug', 'info', 'warn', 'error', 'silent'],
    'info',
    'the least severe log line written',
  ),

  SCANGATE_TICKET_LIFE: setting('duration', 'PT2M', 'deadline of a new ticket', {
    min: 100,
    max: 3_600_000,
  }),
  SCANGATE_DECISION_TIME: setting('duration', 'PT90S', 'a scan moves the deadline to at least scan + this', {
    min: 100,
    max: 3_600_000,
  }),
  SCANGATE_TICKET_LIFE_MAX: setting('duration', 'PT3M', 'but never past minting + this', {
    min: 100,
    max: 3_600_000,
  }),
  SCANGATE_CODE_LIFE: setting('duration', 'PT60S', 'a confirmation sets the deadline to confirm + this', {
    min: 100,
    max: 600_000,
  }),
  SCANGATE_QR_PERIOD: setting('duration', 'PT30S', "a scan code's period", { min: 100, max: 3_600_000 }),
  SCANGATE_DEVICE_LIFE: setting('duration', 'PT10M', "a device ticket's deadline", {
    min: 100,
    max: 3_600_000,
  }),
  SCANGATE_HISTORY: setting('duration', 'PT10M', 'how long an outcome can still be learnt after the end', {
    min: 100,
    max: 86_400_000,
  }),

  SCANGATE_UPSTREAM_TIMEOUT: setting('duration', 'PT3S', 'bound of one call to a source of users', {
    min: 50,
    max: 30_000,
  }),
  SCANGATE_UPSTREAM_TRIES: setting('count', '2', 'calls to a source of users before it counts as away', {
    min: 1,
    max: 5,
  }),
  SCANGATE_UPSTREAM_FAILURES: setting('count', '5', 'failures in a row after which a source is left alone', {
    min: 1,
    max: 1000,
  }),
  SCANGATE_UPSTREAM_REST: setting('duration', 'PT10S', 'for so long', { min: 100, max: 600_000 }),

  ...STORE_SETTINGS,
  SCANGATE_COMMAND_TRIES: setting('count', '6', 'times a command reads again after losing a race', {
    min: 1,
    max: 100,
  }),

  SCANGATE_RECHECK_MIN: setting('duration', 'PT20S', 'a watcher reads again at the earliest after', {
    min: 100,
    max: 3_600_000,
  }),
  SCANGATE_RECHECK_MAX: setting('duration', 'PT40S', 'and at the latest after', { min: 100, max: 3_600_000 }),
  SCANGATE_SSE_HEARTBEAT: setting('duration', 'PT15S', 'longest silence of an SSE stream', {
    min: 100,
    max: 60_000,
  }),
  SCANGATE_SSE_LIFE_MIN: setting(
    'duration',
    'PT5M',
    'an SSE stream is ended, to come back, at the earliest after',
    { min: 100 },
  ),
  SCANGATE_SSE_LIFE_MAX: setting('duration', 'PT10M', 'and at the latest after', { min: 100 }),
  SCANGATE_SSE_RETRY: setting('duration', 'PT2S', 'reconnection time told to an EventSource, before jitter', {
    min: 100,
    max: 60_000,
  }),
  SCANGATE_POLL_WAIT: setting('duration', 'PT25S', 'how long a long-poll waits without `wait`', {
    min: 0,
    max: 55_000,
  }),
  SCANGATE_POLL_JITTER: setting('duration', 'PT3S', 'random time on top of a wait', { min: 0, max: 5000 }),
  SCANGATE_SOCKET_PING: setting('duration', 'PT30S', 'time between pings', { min: 100, max: 600_000 }),
  SCANGATE_SOCKET_PONG: setting('duration', 'PT15S', 'time a pong may take', { min: 100, max: 600_000 }),
  SCANGATE_SOCKET_SECRET_WAIT: setting('duration', 'PT5S', "time until a socket's first message", {
    min: 100,
    max: 60_000,
  }),
  SCANGATE_SOCKET_MESSAGE_BYTES: setting('bytes', '1024', 'largest message a socket may send', {
    min: 256,
    max: 65_536,
  }),
  SCANGATE_READER_BYTES: setting('bytes', '65536', 'unread bytes at which a slow reader is cut', {
    min: 4096,
  }),
  SCANGATE_READER_STALL: setting(
    'duration',
    'PT20S',
    'time bytes may stay unread before a slow reader is cut',
    {
      min: 100,
      max: 600_000,
    },
  ),

  SCANGATE_WATCHERS_PER_TICKET: setting('count', '16', 'connections that may watch one ticket, per process', {
    min: 1,
  }),
  SCANGATE_WATCHERS_PER_ADDRESS: setting('count', '256', 'connections one address may hold, per process', {
    min: 1,
  }),
  SCANGATE_WATCHERS_MAX: setting('count', '100000', 'connections one process holds', { min: 1 }),
  SCANGATE_BODY_BYTES: setting('bytes', '16384', 'largest request body', { min: 1024, max: 1_048_576 }),
  SCANGATE_MINTS_PER_MINUTE: setting('count', '120', 'tickets one address may mint a minute', { min: 1 }),
  SCANGATE_SCANS_PER_MINUTE: setting(
    'count',
    '60',
    'scans, confirms and denials one address may try a minute',
    { min: 1 },
  ),
  SCANGATE_TOKENS_PER_MINUTE: setting('count', '300', 'OAuth requests one address may make a minute', {
    min: 1,
  }),
  SCANGATE_NUMBER_TRIES: setting('count', '3', 'wrong numbers a phone may type for one ticket', {
    min: 1,
    max: 10,
  }),
  SCANGATE_HTTP_HEADER_TIMEOUT: setting('duration', 'PT10S', 'time a request’s headers may take', {
    min: 1000,
    max: 120_000,
  }),
  SCANGATE_HTTP_REQUEST_TIMEOUT: setting('duration', 'PT30S', 'time a request’s body may take', {
    min: 1000,
    max: 300_000,
  }),
  SCANGATE_HTTP_KEEP_ALIVE: setting(
    'duration',
    'PT65S',
    'time an idle connection is kept for the next request',
    {
      min: 1000,
      max: 600_000,
    },
  ),

  SCANGATE_ACCESS_TOKEN_LIFE: setting('duration', 'PT10M', 'an access token’s life', {
    min: 100,
    max: 86_400_000,
  }),
  SCANGATE_SESSION_LIFE: setting('duration', 'P30D', "a session's longest life", { min: 100 }),
  SCANGATE_REPLAY_WINDOW: setting(
    'duration',
    'PT10S',
    'how long a lost answer of a redemption or refresh is given again',
    { min: 0, max: 60_000 },
  ),
  SCANGATE_IDEMPOTENCY_LIFE: setting('duration', 'PT10M', 'how long an Idempotency-Key is remembered', {
    min: 100,
    max: 86_400_000,
  }),

  SCANGATE_DEVICE_INTERVAL: setting('duration', 'PT5S', "time between a device's polls", {
    min: 1000,
    max: 60_000,
  }),
  SCANGATE_USER_CODE_TRIES: setting('count', '10', 'wrong user codes that shut a user, or an address, out', {
    min: 1,
    max: 1000,
  }),
  SCANGATE_USER_CODE_WINDOW: setting('duration', 'PT10M', 'how long wrong user codes count', {
    min: 1000,
    max: 86_400_000,
  }),

  SCANGATE_CANARY_PERIOD: setting('duration', 'PT5S', 'time between readiness canaries', {
    min: 100,
    max: 60_000,
  }),
  SCANGATE_CANARY_LIMIT: setting('duration', 'PT10S', 'age of the last canary at which a node is not ready', {
    min: 200,
    max: 120_000,
  }),
  SCANGATE_SWEEP_PERIOD: setting('duration', 'PT0.5S', 'time between looks for tickets that are due', {
    min: 50,
    max: 60_000,
  }),
  SCANGATE_DRAIN_WAIT: setting('duration', 'PT2S', 'after SIGTERM: not ready, but still serving, for', {
    min: 0,
    max: 300_000,
  }),
  SCANGATE_DRAIN_WINDOW: setting('duration', 'PT5S', 'then held connections are closed over', {
    min: 0,
    max: 300_000,
  }),
  SCANGATE_DRAIN_MAX: setting('duration', 'PT15S', 'gone within', { min: 1000, max: 600_000 }),
  ...PHONE_SETTINGS,
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
