import { join } from 'node:path';
import { StoreRefused } from '../refused.ts';
import { openEnvironment } from './disk/environment.ts';
import type { Environment } from './disk/environment.ts';
import { damageIn } from './disk/inspect.ts';

/** Looks a folder's data file through, and opens it. Nobody else may write meanwhile. @throws StoreRefused */
export function soundEnvironment(folder: string): Environment {
  checkSound(folder);
  try {
    return openEnvironment(folder);
  } catch (error) {
    throw damaged(folder, error);
  }
}

/** @throws StoreRefused where the data file of a folder that nobody writes to is damaged. */
export function checkSound(folder: string): void {
  const damage = damageIn(join(folder, 'data.mdb'));
  if (damage !== undefined) throw damaged(folder, damage);
}

function damaged(folder: string, what: unknown): StoreRefused {
  const text = what instanceof Error ? what.message : String(what);
  return new StoreRefused(`the store's file is damaged (${text.split('\n', 1)[0]}): ${folder}/data.mdb`);
}
