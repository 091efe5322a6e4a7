import type { Config } from '../config.ts';

/** What webhooks take. */
export function webhookSettings(config: Config) {
  return {
    file: config.SCANGATE_WEBHOOKS_FILE,
    bytesMax: config.SCANGATE_WEBHOOKS_BYTES,
    timeoutMs: config.SCANGATE_WEBHOOKS_TIMEOUT,
  };
}
