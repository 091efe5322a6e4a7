import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import type { Revoke } from '../../oauth/revocation/revocation.ts';
import { BadSelection } from '../../oauth/revocation/selection.ts';
import { RefusedRequest } from '../../operate/refused-request.ts';
import { isStoreAway } from '../../operate/revocations.ts';
import type { RunRevocation } from '../../operate/revocations.ts';
import type { SecurityEvent } from '../../telemetry/security-event.ts';
import { systemTime } from '../../time/system-time.ts';
import type { KeptRecord } from '../record/record.ts';
import type { Telling } from '../telling.ts';
import { operatorErasure, readWholeUser } from './erasure.ts';
import type { ErasureReport, WholeUser } from './erasure.ts';
import { checkStore, checked, meantStore } from './revocations.ts';

const askedBody = z.strictObject({
  user: z.string().max(300),
  dry_run: z.boolean().optional(),
  store: meantStore,
});

/** How `scangate forget` has a gateway forget a person whose store is its own, one at a time. */
export function operatorForgettings(
  config: Config,
  { revoke, kept }: { readonly revoke: Revoke; readonly kept: Pick<KeptRecord, 'forget' | 'moved'> },
  { log, report }: Pick<Telling, 'log' | 'report'>,
): RunRevocation {
  let isBusy = false;

  async function keep(event: SecurityEvent): Promise<void> {
    report(event);
    if (event.reason === 'operator_begun') await kept.moved();
  }

  return async (body, tell) => {
    const { user, dry_run: isDryRun = false, store } = checked(askedBody, body);
    checkStore(config, store);
    const selection = selected(user);
    if (isBusy) throw new RefusedRequest(409, 'somebody is being forgotten already');
    isBusy = true;
    try {
      tell({ progress: {} });
      const parts = { revoke, report: keep, forget: kept.forget };
      const onProgress = (progress: ErasureReport): void => tell({ progress });
      const found = await operatorErasure(parts, selection, { isDryRun, onProgress });
      if (!isDryRun) log.warn({ report: found }, 'an operator had a person forgotten');
      tell({ report: found });
    } catch (error) {
      if (!isStoreAway(error)) log.error({ err: error, route: 'forgettings' }, 'defect');
      throw error;
    } finally {
      isBusy = false;
    }
  };
}

function selected(user: string): WholeUser {
  try {
    return readWholeUser(user, systemTime.wallNow());
  } catch (error) {
    throw error instanceof BadSelection ? new RefusedRequest(400, error.message) : error;
  }
}
