import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Archive } from '../../record/archive.ts';
import { openEnvironment } from '../../store/file/disk/environment.ts';
import { damageIn } from '../../store/file/disk/inspect.ts';
import { decoded, encoded } from '../../store/file/record.ts';
import { StoreRefused } from '../../store/refused.ts';
import { FORMAT_KEY } from './archive-keys.ts';
import { FileArchive } from './file-archive.ts';
import type { FileArchiveOptions } from './file-archive.ts';

/** The format of keys and entries, as the file's first record names it. */
const FORMAT = 1;

/** The archive's folder beside a file store. */
export function archiveFolder(storeFolder: string): string {
  return join(storeFolder, 'record');
}

/**
 * Opens, or makes, the archive in a folder. Whoever writes sees to it that nobody else does; others may read meanwhile.
 *
 * @throws {@link StoreRefused} with one line: it cannot be written, is damaged, or of a later release.
 */
export async function openFileArchive(
  folder: string,
  options: Partial<FileArchiveOptions> = {},
): Promise<Archive> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StoreRefused(`the record's folder cannot be made: ${String(error)}`, { cause: error });
  }
  const damage = damageIn(join(folder, 'data.mdb'));
  if (damage !== undefined) throw new StoreRefused(`the record's file is damaged (${damage}): ${folder}`);
  return await opened(folder, options);
}

/** Opens an archive to be read while another process may write it. @throws {@link StoreRefused} where there is none. */
export async function openFileArchiveToRead(folder: string): Promise<Archive> {
  if (!existsSync(join(folder, 'data.mdb'))) throw new StoreRefused(`there is no record: ${folder}`);
  return await opened(folder);
}

async function opened(folder: string, options: Partial<FileArchiveOptions> = {}): Promise<Archive> {
  const environment = openEnvironment(folder);
  const format = environment.get(FORMAT_KEY);
  if (format === undefined) await environment.write([{ key: FORMAT_KEY, value: encoded([FORMAT]) }]);
  const [found] = format === undefined ? [FORMAT] : (decoded(format).fields as readonly number[]);
  if (found === FORMAT) return new FileArchive(environment, options);
  await environment.close();
  throw new StoreRefused(`the record's file has format ${found}; this release knows ${FORMAT}`);
}
