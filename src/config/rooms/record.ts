import type { Config } from '../config.ts';

/** What the record takes. */
export function recordSettings(config: Config) {
  const bytesMax =
    config.storeKind === 'file' ? config.SCANGATE_AUDIT_BYTES : config.SCANGATE_AUDIT_REDIS_BYTES;
  return {
    keepMs: config.SCANGATE_AUDIT_KEEP,
    backlogMax: config.SCANGATE_AUDIT_BACKLOG,
    bytesMax,
    graceMs: config.SCANGATE_FAILOVER_GRACE,
    // What a failover lost is put back no further back than this.
    windowMs: config.SCANGATE_HISTORY / 2,
    isKept: config.SCANGATE_ARCHIVE !== undefined || bytesMax > 0,
  };
}
