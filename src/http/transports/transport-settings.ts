import type { HeldLimits } from './held.ts';
import type { TransportSettings } from './transport.ts';

/** The rows of the settings table that speak of held connections, as `Config` has them. */
interface Environment {
  readonly SCANGATE_SSE_RETRY: number;
  readonly SCANGATE_SSE_HEARTBEAT: number;
  readonly SCANGATE_SSE_LIFE_MIN: number;
  readonly SCANGATE_SSE_LIFE_MAX: number;
  readonly SCANGATE_POLL_WAIT: number;
  readonly SCANGATE_POLL_JITTER: number;
  readonly SCANGATE_SOCKET_PING: number;
  readonly SCANGATE_SOCKET_PONG: number;
  readonly SCANGATE_SOCKET_SECRET_WAIT: number;
  readonly SCANGATE_SOCKET_MESSAGE_BYTES: number;
  readonly SCANGATE_READER_BYTES: number;
  readonly SCANGATE_READER_STALL: number;
  readonly SCANGATE_WATCHERS_PER_TICKET: number;
  readonly SCANGATE_WATCHERS_PER_ADDRESS: number;
  readonly SCANGATE_WATCHERS_MAX: number;
  readonly SCANGATE_LIMITS: 'on' | 'off';
}

/** What the configuration says of held connections. */
export function transportSettings(config: Environment): TransportSettings {
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
    socketMessageBytes: config.SCANGATE_SOCKET_MESSAGE_BYTES,
    readerBytes: config.SCANGATE_READER_BYTES,
    readerStallMs: config.SCANGATE_READER_STALL,
  };
}

/** How many connections the configuration lets this process hold. */
export function heldLimits(config: Environment): HeldLimits {
  return {
    perSubject: config.SCANGATE_WATCHERS_PER_TICKET,
    perAddress: config.SCANGATE_LIMITS === 'off' ? Infinity : config.SCANGATE_WATCHERS_PER_ADDRESS,
    total: config.SCANGATE_WATCHERS_MAX,
  };
}
