import type { Config } from '../../config/config.ts';
import { forgetPerson } from '../../record/keeping/forgetting.ts';
import type { SecurityEvent } from '../../telemetry/security-event.ts';
import type { Closable } from '../assembly.ts';
import { openArchive } from '../record/archives.ts';
import { catchUp } from '../record/catch-up.ts';
import type { ErasureParts } from './erasure.ts';
import { openRevoker } from './revoker.ts';

/** Forgetting on a store of its own, for a process that serves nobody. */
export interface OpenForgetter extends Closable, Pick<ErasureParts, 'revoke' | 'forget'> {
  /** Keeps in the record what was done. @throws StoreUnavailable */
  keep(event: SecurityEvent): Promise<void>;
}

/**
 * Opens the store and the record of a configuration to have a person forgotten.
 *
 * @throws StoreRefused, StoreUnavailable
 */
export async function openForgetter(config: Config): Promise<OpenForgetter> {
  const { revoke, keep, stores, close } = await openRevoker(config);
  return {
    revoke,
    keep,
    close,
    async forget(person, options) {
      const archive = await openArchive(config, stores, () => undefined);
      try {
        if (!options.isDryRun) await catchUp(config, stores, archive);
        return await forgetPerson(archive, person, options);
      } finally {
        await archive.close();
      }
    },
  };
}
