import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { storeSettings } from '../../config/rooms/store.ts';
import type { CopySource, CopyTarget } from '../../store/copy.ts';
import { openFileSource } from '../../store/file/copy/source.ts';
import { openFileTarget } from '../../store/file/copy/target.ts';
import { connectOnce } from '../../store/redis/connection/connect-redis.ts';
import { openRedisSource } from '../../store/redis/copy/source.ts';
import { openRedisTarget } from '../../store/redis/copy/target.ts';
import { StoreRefused } from '../../store/refused.ts';
import { systemTime } from '../../time/system-time.ts';
import { migrateStore } from '../migration.ts';
import { makeId } from '../randomness.ts';
import { folderOf } from './folder.ts';

/** Opens what `SCANGATE_STORE` names, to copy it. @throws StoreRefused with one line */
export async function openSource({ storeKind, SCANGATE_STORE: address }: Config): Promise<CopySource> {
  if (storeKind === 'file') return await openFileSource(folderOf(address), () => systemTime.wallNow());
  return await openRedisSource(address, connectOnce).catch(refused);
}

/** Opens what `SCANGATE_STORE` names, to put a copy into it. @throws StoreRefused with one line */
export async function openTarget(config: Config): Promise<CopyTarget> {
  const { storeKind, SCANGATE_STORE: address } = config;
  const { historyMs } = storeSettings(config);
  if (storeKind === 'file')
    return await openFileTarget(folderOf(address), {
      historyMs,
      now: () => systemTime.wallNow(),
      newId: makeId,
    });
  return await openRedisTarget({
    url: address,
    connectOnce,
    historyMs,
    partitions: undefined,
    randomText: makeId,
    migrate: async () => {
      await migrateStore(address);
    },
  }).catch(refused);
}

/** Where the secrets of a store stand, which no copy holds. */
export function secretsPlace({ storeKind, SCANGATE_STORE: address, secrets }: Config): string {
  if (storeKind === 'redis' || secrets !== undefined) return 'SCANGATE_SECRETS';
  const kept = resolve(folderOf(address), 'secrets');
  return existsSync(kept) ? kept : 'SCANGATE_SECRETS';
}

function refused(error: unknown): never {
  const why = error instanceof Error ? error.message : String(error);
  throw new StoreRefused(why.replaceAll(/\s*\n\s*/g, ' '), { cause: error });
}
