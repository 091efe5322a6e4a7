import { setting } from '../setting.ts';
import type { Setting } from '../setting.ts';

/** The settings of how much anyone may have and ask. */
export const LIMIT_SETTINGS = {
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
    'scans one user may try a minute, and as many confirms, denials and looks at a history; one address, where the phone’s credential is none',
    { min: 1 },
  ),
  SCANGATE_TOKENS_PER_MINUTE: setting('count', '300', 'OAuth requests one address may make a minute', {
    min: 1,
  }),
  SCANGATE_NUMBER_TRIES: setting('count', '3', 'wrong numbers a phone may type for one ticket', {
    min: 1,
    max: 10,
  }),
  SCANGATE_RISK_WINDOW: setting(
    'duration',
    'PT10M',
    'how long scans count for `many_codes` and `many_scans` of a client’s `scangate.risk`',
    { min: 1000, max: 86_400_000 },
  ),
  SCANGATE_RISK_CODES: setting(
    'count',
    '20',
    'codes shown at one address that phones may scan within it before they are many',
    { min: 1, max: 1000 },
  ),
  SCANGATE_RISK_SCANS: setting('count', '10', 'codes one user may scan within it before they are many', {
    min: 1,
    max: 1000,
  }),
  SCANGATE_RISK_WAIT: setting(
    'duration',
    'PT0.5S',
    'how long a scan waits for these counts; then they are `unknown_history`',
    { min: 10, max: 10_000 },
  ),
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
  SCANGATE_HTTP_LINGER: setting(
    'duration',
    'PT5S',
    'time a client may take to close a connection that the gateway has ended',
    { min: 100, max: 60_000 },
  ),
  SCANGATE_CONNECTIONS_PER_ADDRESS: setting(
    'count',
    '1024',
    'TCP connections one address may have open, per process; a listed proxy is not counted',
    { min: 1 },
  ),
  SCANGATE_HTTP_UNANSWERED: setting(
    'count',
    '32',
    'requests one connection may have sent that are not answered, or whose answers it has not taken; with more it is cut',
    { min: 1, max: 1000 },
  ),
  SCANGATE_CONNECTIONS_MAX: setting('count', '110000', 'TCP connections one process has open', { min: 1 }),
} as const satisfies Record<string, Setting>;
