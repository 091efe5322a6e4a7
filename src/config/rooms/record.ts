import type { Config } from '../config.ts';

/** What the record takes. */
export function recordSettings(config: Config) {
  return {
    keepMs: config.SCANGATE_AUDIT_KEEP,
    backlogMax: config.SCANGATE_AUDIT_BACKLOG,
    redisBytesMax: config.SCANGATE_AUDIT_REDIS_BYTES,
  };
}
