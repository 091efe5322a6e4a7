import type { Config } from '../../config/config.ts';
import { checkPresent } from '../../store/file/folder/present.ts';
import { folderOf } from './folder.ts';
import { openStores } from './stores.ts';
import type { OpenStores } from './stores.ts';

/**
 * Opens the stores of a configuration for a command that works on what is there: it makes no folder.
 *
 * @throws StoreRefused, also where there is no file store yet.
 */
export async function openExistingStores(config: Config): Promise<OpenStores> {
  if (config.storeKind === 'file') checkPresent(folderOf(config.SCANGATE_STORE));
  return await openStores(config);
}
