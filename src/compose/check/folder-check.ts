import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BadSetting } from '../../config/bad-setting.ts';
import type { Config } from '../../config/config.ts';
import { checkedSecrets } from '../../config/secrets.ts';
import { keptSecrets } from '../../secrets/kept-secrets.ts';
import { openReading } from '../../store/file/disk/reading.ts';
import { isOwned } from '../../store/file/folder/owner.ts';
import { checkFormat, readMeta } from '../../store/file/format.ts';
import { checkSound } from '../../store/file/sound-environment.ts';
import { StoreRefused } from '../../store/refused.ts';
import { folderOf } from '../store/folder.ts';

/** How the folder of a file store is. */
export interface FolderCheck {
  readonly folder: string;
  /** The number that the store's file names; null: there is none yet, or it cannot be read. */
  readonly format: number | null;
  /** Whether a process has it: a gateway that runs, or a command. */
  readonly isInUse: boolean;
  /** What its disk still takes. */
  readonly freeBytes: number;
  /** What keeps a gateway from starting on it. */
  readonly problems: readonly string[];
}

/** Looks at the folder that `SCANGATE_STORE` names, and changes nothing. */
export async function checkFolder({ SCANGATE_STORE: address, secrets }: Config): Promise<FolderCheck> {
  const folder = folderOf(address);
  const present = presentPart(folder);
  const { bavail, bsize } = await statfs(present);
  const found = { folder, format: null, isInUse: false, freeBytes: bavail * bsize, problems: [] };
  if (!statSync(present).isDirectory()) return { ...found, problems: [`${present} is not a folder`] };
  if (!isWritable(present)) return { ...found, problems: [`${present} cannot be written`] };
  if (!existsSync(join(folder, 'data.mdb'))) return found;
  const path = realpathSync(folder);
  const isInUse = await isOwned(path);
  const [format, whyNot] = await formatIn(path, isInUse);
  return {
    ...found,
    format,
    isInUse,
    problems: [
      ...(isInUse ? [`another process, such as a gateway that runs, has ${folder}`] : []),
      ...whyNot,
      ...(secrets === undefined ? secretsProblems(join(path, 'secrets')) : []),
    ],
  };
}

/** The folder, or what it would be made in. */
function presentPart(folder: string): string {
  let path = folder;
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path);
  return path;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The file's format, and why it cannot be used. One that is written to meanwhile is not looked through. */
async function formatIn(
  path: string,
  isInUse: boolean,
): Promise<readonly [number | null, readonly string[]]> {
  let format: number | null = null;
  try {
    if (!isInUse) checkSound(path);
    const reading = openReading(path);
    try {
      const meta = readMeta(reading);
      format = meta?.format ?? null;
      if (meta !== undefined) checkFormat(meta);
    } finally {
      await reading.close();
    }
    return [format, []];
  } catch (error) {
    if (error instanceof StoreRefused) return [format, [error.message]];
    return [format, [`the store's file cannot be read: ${(error as Error).message}`]];
  }
}

function secretsProblems(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  try {
    checkedSecrets(file, keptSecrets(file));
    return [];
  } catch (error) {
    if (error instanceof BadSetting) return [error.message];
    return [`${file} cannot be read`];
  }
}
