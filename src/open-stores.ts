import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Config } from './config.ts';
import { checkedSecrets } from './config.ts';
import { keptSecrets } from './secrets/kept-secrets.ts';
import { openFileStore } from './store/file/open.ts';
import type { EventStore } from './store/event-store.ts';
import type { Ledger } from './store/ledger.ts';
import { openRedisStore } from './store/redis/open.ts';
import { REDIS_DEFAULTS } from './store/redis/settings.ts';
import type { StoreSettings } from './store/settings.ts';

/** Both ports on what `SCANGATE_STORE` names, and the secrets that go with it. */
export interface OpenStores {
  readonly store: EventStore;
  readonly ledger: Ledger;
  readonly secrets: readonly string[];
  /** Ends both. */
  close(): Promise<void>;
}

/**
 * Opens the stores of a configuration. A Redis that is fresh, or of an earlier release, is migrated first.
 *
 * @throws StoreRefused with one line, BadSetting for secrets that a file store kept and that are none.
 */
export async function openStores(config: Config): Promise<OpenStores> {
  const settings = storeSettings(config);
  if (config.storeKind === 'redis') {
    const { store, ledger } = await openRedisStore({
      url: config.SCANGATE_STORE,
      settings: { ...REDIS_DEFAULTS, ...settings },
      migrate: true,
      clock: () => performance.now(),
      random: Math.random,
      randomText: () => randomBytes(16).toString('base64url'),
    });
    return { store, ledger, secrets: config.secrets ?? [], close: () => store.close() };
  }
  const { store, ledger, secretsFile } = await openFileStore({
    folder: resolve(config.SCANGATE_STORE.slice('file:'.length)),
    settings,
    now: () => Date.now(),
    newId: () => randomBytes(16).toString('base64url'),
  });
  try {
    const secrets = config.secrets ?? checkedSecrets(secretsFile, keptSecrets(secretsFile));
    return { store, ledger, secrets, close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

function storeSettings(config: Config): StoreSettings {
  return {
    historyMs: config.SCANGATE_HISTORY,
    lifeMaxMs: Math.max(
      config.SCANGATE_TICKET_LIFE_MAX + config.SCANGATE_CODE_LIFE,
      config.SCANGATE_DEVICE_LIFE + config.SCANGATE_CODE_LIFE,
    ),
    callTimeoutMs: config.SCANGATE_STORE_TIMEOUT,
  };
}
