import { realpathSync } from 'node:fs';
import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import { BadSelection, readSelection } from '../../oauth/revocation/selection.ts';
import type { AskedSelection, Selection } from '../../oauth/revocation/selection.ts';
import { operatorRevocation } from '../../oauth/revocation/operator-revocation.ts';
import type { RevocationOptions, Revoke } from '../../oauth/revocation/revocation.ts';
import { RefusedRequest } from '../../operate/refused-request.ts';
import { isStoreAway } from '../../operate/revocations.ts';
import type { RunRevocation } from '../../operate/revocations.ts';
import { systemTime } from '../../time/system-time.ts';
import type { Telling } from '../telling.ts';
import { folderOf } from '../store/folder.ts';

const text = z.string().max(300).optional();
/** The real path of the folder that the caller means: another gateway may have this address. */
export const meantStore = z.string().max(4096);
const askedByPage = z.strictObject({
  ticket: text,
  session: text,
  user: text,
  dry_run: z.boolean().optional(),
});
const askedByCommand = askedByPage.extend({
  client: text,
  address: text,
  since: text,
  before: text,
  store: meantStore,
});

/** How operators end sessions through a gateway. */
export interface OperatorRevocations {
  /** By `scangate revoke`, of all that it can select. */
  readonly byCommand: RunRevocation;
  /** By the page, of one ticket, one session or one user. */
  readonly byPage: RunRevocation;
}

/** What operators may ask this gateway to end, one of them at a time. */
export function operatorRevocations(
  config: Config,
  revoke: Revoke,
  { log, report }: Pick<Telling, 'log' | 'report'>,
): OperatorRevocations {
  let isBusy = false;

  async function run(
    { dry_run: isDryRun = false, ...asked }: z.output<typeof askedByPage>,
    tell: (value: object) => void,
  ): Promise<void> {
    const selection = selected(asked);
    if (isBusy) throw new RefusedRequest(409, 'something is being revoked already');
    isBusy = true;
    const options: RevocationOptions = {
      isDryRun,
      onSelected: (one) => tell({ selected: one }),
      onProgress: (progress) => tell({ progress }),
    };
    try {
      tell({ progress: {} });
      const found = await operatorRevocation(revoke, { said: asked, selection }, options, report);
      const { user: _whose, ...others } = asked;
      if (!isDryRun) log.warn({ asked: others, report: found }, 'an operator revoked');
      tell({ report: found });
    } catch (error) {
      if (!isStoreAway(error)) log.error({ err: error, route: 'revocations' }, 'defect');
      throw error;
    } finally {
      isBusy = false;
    }
  }

  return {
    async byCommand(body, tell) {
      const { store, ...asked } = checked(askedByCommand, body);
      checkStore(config, store);
      await run(asked, tell);
    },
    byPage: async (body, tell) => await run(checked(askedByPage, body), tell),
  };
}

/** @throws RefusedRequest where the caller means another folder than this gateway's. */
export function checkStore(config: Config, meant: string): void {
  if (config.storeKind !== 'file' || meant !== realpathSync(folderOf(config.SCANGATE_STORE)))
    throw new RefusedRequest(409, 'this gateway has another store');
}

/** Reads a body. @throws RefusedRequest */
export function checked<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  throw new RefusedRequest(400, z.prettifyError(read.error).replaceAll('\n', ' '));
}

function selected(asked: AskedSelection): Selection {
  try {
    return readSelection(asked, systemTime.wallNow());
  } catch (error) {
    throw error instanceof BadSelection ? new RefusedRequest(400, error.message) : error;
  }
}
