import type { Config } from '../../config/config.ts';
import { recordSettings } from '../../config/rooms/record.ts';
import { redisSettings, storeSettings } from '../../config/rooms/store.ts';
import { checkedSecrets } from '../../config/secrets.ts';
import { keptSecrets, keptSecretsIfAny } from '../../secrets/kept-secrets.ts';
import { openFileStore } from '../../store/file/open.ts';
import type { EventStore } from '../../store/event-store.ts';
import type { Ledger } from '../../store/ledger.ts';
import { measuredLedger, measuredStore } from '../../store/measured-store.ts';
import type { OnCall } from '../../store/measured-store.ts';
import type { LivingSubjects } from '../../store/living.ts';
import type { Outbox } from '../../store/outbox.ts';
import type { RebuildAll } from '../../store/rebuild.ts';
import type { OnIncident } from '../../store/redis/failover/incident.ts';
import type { RecordCalls } from '../../store/redis/outbox/record-calls.ts';
import { openRedisStore } from '../../store/redis/open.ts';
import { StoreRefused } from '../../store/refused.ts';
import type { Tracing } from '../../telemetry/tracing/tracing.ts';
import { systemTime } from '../../time/system-time.ts';
import { makeId, random } from '../randomness.ts';
import { tracedStore } from '../tracing/traced-store.ts';
import { folderOf } from './folder.ts';

/** Both ports on what `SCANGATE_STORE` names, and the secrets that go with it. */
export interface OpenStores {
  readonly store: EventStore;
  readonly ledger: Ledger;
  readonly rebuildAll: RebuildAll;
  readonly living: LivingSubjects;
  readonly outbox: Outbox;
  /** Where the record stands beside the store. */
  readonly recordCalls?: RecordCalls;
  /** Empty for a tool that was given none where the store keeps none. */
  readonly secrets: readonly string[];
  /** Ends both. */
  close(): Promise<void>;
}

/** Who hears of a store's calls and failovers. */
export interface StoreWatch {
  readonly onCall?: OnCall;
  readonly onIncident?: OnIncident;
  readonly tracing?: Tracing | undefined;
}

/**
 * Opens the stores of a configuration. A Redis that is fresh, or of an earlier release, is migrated first.
 *
 * @throws StoreRefused with one line, BadSetting for secrets that a file store kept and that are none.
 */
export async function openStores(config: Config, watch: StoreWatch = {}): Promise<OpenStores> {
  const opened = config.storeKind === 'redis' ? await openRedis(config, watch) : await openFile(config);
  const { onCall, tracing } = watch;
  if (onCall === undefined) return opened;
  const now = (): number => systemTime.now();
  const store = measuredStore(opened.store, now, onCall);
  return {
    ...opened,
    store: tracing === undefined ? store : tracedStore(store, tracing),
    ledger: measuredLedger(opened.ledger, now, onCall),
  };
}

async function openRedis(config: Config, { onIncident }: StoreWatch): Promise<OpenStores> {
  const { store, ledger, ...beside } = await openRedisStore({
    url: config.SCANGATE_STORE,
    latestUrl: () => config.SCANGATE_STORE,
    settings: redisSettings(config),
    migrate: true,
    time: systemTime,
    random,
    randomText: makeId,
    ...outboxBound(config),
    ...(onIncident === undefined ? {} : { onIncident }),
  }).catch((error: unknown) => {
    throw refused(error);
  });
  return { ...beside, store, ledger, secrets: config.secrets ?? [], close: () => store.close() };
}

async function openFile(config: Config): Promise<OpenStores> {
  const { store, ledger, rebuildAll, living, outbox, secretsFile } = await openFileStore({
    folder: folderOf(config.SCANGATE_STORE),
    settings: storeSettings(config),
    time: systemTime,
    newId: makeId,
    ...outboxBound(config),
  });
  try {
    const secrets = config.secrets ?? secretsIn(secretsFile, config.serves);
    return { store, ledger, rebuildAll, living, outbox, secrets, close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

// A tool makes none: gateways may have theirs from their settings, and it was not told.
function secretsIn(file: string, serves: boolean): readonly string[] {
  const kept = serves ? keptSecrets(file) : keptSecretsIfAny(file);
  return kept.length === 0 && !serves ? kept : checkedSecrets(file, kept);
}

function outboxBound(config: Config): { readonly outboxMax?: number } {
  const { isKept, backlogMax } = recordSettings(config);
  return isKept ? { outboxMax: backlogMax } : {};
}

// Whatever keeps a Redis from being opened, from a wrong address to a wrong policy, is for the operator to mend.
function refused(error: unknown): StoreRefused {
  const why = error instanceof Error ? error.message : String(error);
  return new StoreRefused(why.replaceAll(/\s*\n\s*/g, ' '), { cause: error });
}
