import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StoreRefused } from '../../refused.ts';

/** Checks that a folder holds a store, for whoever must not make one. @throws StoreRefused */
export function checkPresent(folder: string): void {
  if (!existsSync(join(folder, 'data.mdb')))
    throw new StoreRefused(`there is no store in this folder: ${folder}`);
}
