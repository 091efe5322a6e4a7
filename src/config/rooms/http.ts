import type { Config } from '../config.ts';
import { ticketLives } from './ticket.ts';

/** What the edge takes. */
export function edgeSettings(config: Config) {
  return {
    publicUrl: config.publicUrl,
    issuer: config.issuer,
    basePath: config.basePath,
    hasDocs: config.hasDocs,
    phoneApp: config.phoneApp,
    trustedProxies: config.SCANGATE_TRUSTED_PROXIES ?? [],
    lives: ticketLives(config),
    historyMs: config.SCANGATE_HISTORY,
    numberTries: config.SCANGATE_NUMBER_TRIES,
    risk: {
      windowMs: config.SCANGATE_RISK_WINDOW,
      codesMax: config.SCANGATE_RISK_CODES,
      scansMax: config.SCANGATE_RISK_SCANS,
      waitMs: config.SCANGATE_RISK_WAIT,
    },
    idempotencyLifeMs: config.SCANGATE_IDEMPOTENCY_LIFE,
    knownBrowserMs: config.SCANGATE_KNOWN_BROWSER_LIFE,
    bodyBytes: config.SCANGATE_BODY_BYTES,
    perMinute: requestsPerMinute(config),
    limitsRate: config.SCANGATE_LIMITS === 'on',
    sharesLimits: config.storeKind === 'redis',
    server: {
      headerMs: config.SCANGATE_HTTP_HEADER_TIMEOUT,
      requestMs: config.SCANGATE_HTTP_REQUEST_TIMEOUT,
      keepAliveMs: config.SCANGATE_HTTP_KEEP_ALIVE,
      lingerMs: config.SCANGATE_HTTP_LINGER,
      handshakeMs: config.SCANGATE_TLS_HANDSHAKE_TIMEOUT,
    },
    connections: {
      perAddress: config.SCANGATE_LIMITS === 'off' ? Infinity : config.SCANGATE_CONNECTIONS_PER_ADDRESS,
      total: config.SCANGATE_CONNECTIONS_MAX,
      unanswered: config.SCANGATE_HTTP_UNANSWERED,
    },
  };
}

/** What held connections take. */
export function transportSettings(config: Config) {
  return {
    retryMs: config.SCANGATE_SSE_RETRY,
    sseHeartbeatMs: config.SCANGATE_SSE_HEARTBEAT,
    sseLifeMinMs: config.SCANGATE_SSE_LIFE_MIN,
    sseLifeMaxMs: config.SCANGATE_SSE_LIFE_MAX,
    pollWaitMs: config.SCANGATE_POLL_WAIT,
    pollJitterMs: config.SCANGATE_POLL_JITTER,
    pingMs: config.SCANGATE_SOCKET_PING,
    pongMs: config.SCANGATE_SOCKET_PONG,
    secretWaitMs: config.SCANGATE_SOCKET_SECRET_WAIT,
    readerBytes: config.SCANGATE_READER_BYTES,
    readerStallMs: config.SCANGATE_READER_STALL,
  };
}

/** How many connections a process may hold. */
export function heldLimits(config: Config) {
  return {
    perSubject: config.SCANGATE_WATCHERS_PER_TICKET,
    perAddress: config.SCANGATE_LIMITS === 'off' ? Infinity : config.SCANGATE_WATCHERS_PER_ADDRESS,
    total: config.SCANGATE_WATCHERS_MAX,
  };
}

/** How the connections of a process that leaves are drained. */
export function drainTimes(config: Config) {
  return {
    waitMs: config.SCANGATE_DRAIN_WAIT,
    windowMs: config.SCANGATE_DRAIN_WINDOW,
    newMs: config.SCANGATE_DRAIN_NEW,
    maxMs: config.SCANGATE_DRAIN_MAX,
  };
}

function requestsPerMinute(config: Config) {
  return {
    mints: config.SCANGATE_MINTS_PER_MINUTE,
    scans: config.SCANGATE_SCANS_PER_MINUTE,
    decisions: config.SCANGATE_SCANS_PER_MINUTE,
    tokens: config.SCANGATE_TOKENS_PER_MINUTE,
  };
}
