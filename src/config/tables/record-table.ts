import { setting } from '../setting.ts';
import type { Setting } from '../setting.ts';

/** The settings of the record: what is kept of every sign-in, and for how long. */
export const RECORD_SETTINGS = {
  SCANGATE_AUDIT_KEEP: setting(
    'duration',
    'P90D',
    'how long audit events are kept; for no record at all, set the bytes of its keeper to 0',
    {
      min: 60_000,
    },
  ),
  SCANGATE_ARCHIVE: setting(
    'text',
    undefined,
    'a PostgreSQL that keeps the record, `postgres://user:password@host/database?sslmode=verify-full`; without it the record is kept beside the store',
    { filed: true },
  ),
  SCANGATE_AUDIT_BACKLOG: setting(
    'count',
    '200000',
    'how many events may wait for an archive that is away; then the oldest are let go, and a `gap` says how many',
    { min: 1000, max: 10_000_000 },
  ),
  SCANGATE_AUDIT_BYTES: setting(
    'bytes',
    '2147483648',
    'beside the embedded store: the most bytes of audit events that are kept, the oldest going first; their file is up to twice as long. 0: no record',
    { min: 0 },
  ),
  SCANGATE_AUDIT_REDIS_BYTES: setting(
    'bytes',
    '67108864',
    'on the Redis of the store: the most bytes of audit events that are kept there, the oldest going first; memory is about three times as much. 0: no record',
    { min: 0 },
  ),
} as const satisfies Record<string, Setting>;
