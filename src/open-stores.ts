import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Config } from './config.ts';
import { checkedSecrets } from './config.ts';
import { keptSecrets } from './secrets/kept-secrets.ts';
import { openFileStore } from './store/file/open.ts';
import type { EventStore } from './store/event-store.ts';
import type { Ledger } from './store/ledger.ts';
import type { RebuildAll } from './store/rebuild.ts';
import { parseRedisAddress } from './store/redis/address.ts';
import { openRedisStore } from './store/redis/open.ts';
import { prepare } from './store/redis/prepare.ts';
import { REDIS_DEFAULTS } from './store/redis/settings.ts';
import type { StoreSettings } from './store/settings.ts';

const makeText = (): string => randomBytes(16).toString('base64url');

/** Both ports on what `SCANGATE_STORE` names, and the secrets that go with it. */
export interface OpenStores {
  readonly store: EventStore;
  readonly ledger: Ledger;
  readonly rebuildAll: RebuildAll;
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
    const { store, ledger, rebuildAll } = await openRedisStore({
      url: config.SCANGATE_STORE,
      settings: { ...REDIS_DEFAULTS, ...settings },
      migrate: true,
      clock: () => performance.now(),
      random: Math.random,
      randomText: makeText,
    });
    return { store, ledger, rebuildAll, secrets: config.secrets ?? [], close: () => store.close() };
  }
  const { store, ledger, rebuildAll, secretsFile } = await openFileStore({
    folder: resolve(config.SCANGATE_STORE.slice('file:'.length)),
    settings,
    now: () => Date.now(),
    newId: makeText,
  });
  try {
    const secrets = config.secrets ?? checkedSecrets(secretsFile, keptSecrets(secretsFile));
    return { store, ledger, rebuildAll, secrets, close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

const MIGRATION_TIMEOUT_MS = 10_000;

/**
 * Brings a Redis store to this release: functions and meta key. May run any number of times, and beside running nodes.
 *
 * @param address `SCANGATE_STORE`. @returns what was done, line by line.
 * @throws Error with one line where the store cannot be used.
 */
export async function migrateStore(address: string): Promise<readonly string[]> {
  if (address.startsWith('file:')) return ['a file store needs no migration'];
  const lines: string[] = [];
  await prepare(parseRedisAddress(address), {
    migrate: true,
    partitions: undefined,
    randomText: makeText,
    timeoutMs: MIGRATION_TIMEOUT_MS,
    log: (line) => lines.push(line),
  });
  return lines;
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
