import { setting } from '../setting.ts';
import type { Setting } from '../setting.ts';

/** The settings of connections that are held: watches, event streams, long-polls, sockets. */
export const CONNECTION_SETTINGS = {
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
  SCANGATE_SOCKET_MESSAGE_BYTES: setting('bytes', '4096', 'largest message a socket may send', {
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
} as const satisfies Record<string, Setting>;
