import { mkdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreRefused } from '../../refused.ts';

/** The bytes that LMDB and its lock file begin with, and those that the environment keeps free beside them. */
const ROOM_BYTES = 512 * 1024;

/**
 * Makes the store's folder (0700) if it is not there, sees that it can be written, and gives its real path.
 *
 * @throws {@link StoreRefused} with one line that says what is wrong.
 */
export function preparedFolder(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw refused(path, error);
  }
  const folder = realpathSync(path);
  if (!statSync(folder).isDirectory()) throw new StoreRefused(`the store's folder is not a folder: ${path}`);
  const probe = join(folder, `.room-${process.pid}`);
  try {
    writeFileSync(probe, Buffer.alloc(ROOM_BYTES), { mode: 0o600, flush: true });
  } catch (error) {
    throw refused(path, error);
  } finally {
    rmSync(probe, { force: true });
  }
  return folder;
}

function refused(path: string, error: unknown): StoreRefused {
  const { code = '' } = error as NodeJS.ErrnoException;
  const why = WHY[code] ?? `cannot be used (${code || String(error)})`;
  return new StoreRefused(`the store's folder ${why}: ${path}`);
}

const WHY: Readonly<Record<string, string>> = {
  EEXIST: 'is not a folder',
  ENOTDIR: 'is not a folder',
  EROFS: 'is read-only',
  EACCES: 'cannot be written by this user',
  EPERM: 'cannot be written by this user',
  ENOSPC: 'has no space left',
  EDQUOT: 'has no space left',
};
