import { resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { archiveFolder, openFileArchive, openFileArchiveToRead } from '../../keepers/file/open-archive.ts';
import type { Archive } from '../../record/archive.ts';
import { StoreRefused } from '../../store/refused.ts';

/** Opens the archive of a configuration, to write; undefined where there is none for its store. */
export async function openArchive(config: Config): Promise<Archive | undefined> {
  return config.storeKind === 'file' ? await openFileArchive(folderOf(config)) : undefined;
}

/**
 * Opens the archive of a configuration to be read, while a gateway runs or not.
 *
 * @throws StoreRefused where there is none.
 */
export async function openArchiveToRead(config: Config): Promise<Archive> {
  if (config.storeKind !== 'file') throw new StoreRefused('no record is kept on this store');
  return await openFileArchiveToRead(folderOf(config));
}

function folderOf(config: Config): string {
  return archiveFolder(resolve(config.SCANGATE_STORE.slice('file:'.length)));
}
