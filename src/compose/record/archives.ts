import { resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { recordSettings } from '../../config/rooms/record.ts';
import { archiveFolder, openFileArchive, openFileArchiveToRead } from '../../keepers/file/open-archive.ts';
import { openPostgresArchive, openPostgresArchiveToRead } from '../../keepers/postgres/open-archive.ts';
import { RedisArchive } from '../../keepers/redis/redis-archive.ts';
import type { Archive } from '../../record/archive.ts';
import type { RecordCalls } from '../../store/redis/outbox/record-calls.ts';
import { systemTime } from '../../time/system-time.ts';
import { openStores } from '../store/stores.ts';
import type { OpenStores } from '../store/stores.ts';

/** Opens the archive that `SCANGATE_ARCHIVE` names, or the one beside the stores, to write. @param onDropped told of entries that went before they were old. */
export async function openArchive(
  config: Config,
  { recordCalls }: Pick<OpenStores, 'recordCalls'>,
  onDropped: (count: number) => void,
): Promise<Archive> {
  if (config.SCANGATE_ARCHIVE !== undefined)
    return await openPostgresArchive(config.SCANGATE_ARCHIVE, systemTime.wallNow);
  if (recordCalls !== undefined) return redisArchive(config, recordCalls, onDropped);
  return await openFileArchive(folderOf(config), {
    bytesMax: recordSettings(config).bytesMax,
    onDropped,
  });
}

/**
 * Opens the archive of a configuration to be read, while a gateway runs or not.
 *
 * @throws StoreRefused where there is none.
 */
export async function openArchiveToRead(config: Config): Promise<Archive> {
  if (config.SCANGATE_ARCHIVE !== undefined)
    return await openPostgresArchiveToRead(config.SCANGATE_ARCHIVE, systemTime.wallNow);
  if (config.storeKind === 'file') return await openFileArchiveToRead(folderOf(config));
  const stores = await openStores(config);
  const { recordCalls } = stores;
  if (recordCalls === undefined) throw new Error('a Redis store without a record');
  const archive = redisArchive(config, recordCalls, () => undefined);
  archive.close = () => stores.close();
  return archive;
}

function redisArchive(config: Config, calls: RecordCalls, onDropped: (count: number) => void): RedisArchive {
  return new RedisArchive({
    calls,
    now: systemTime.now,
    bytesMax: recordSettings(config).bytesMax,
    onDropped,
  });
}

function folderOf(config: Config): string {
  return archiveFolder(resolve(config.SCANGATE_STORE.slice('file:'.length)));
}
