import { operatorErasure, readWholeUser } from '../../compose/operate/erasure.ts';
import type { ErasureReport, WholeUser } from '../../compose/operate/erasure.ts';
import { openForgetter } from '../../compose/operate/forgetter.ts';
import { BadSelection } from '../../oauth/revocation/selection.ts';
import { FolderInUse } from '../../store/refused.ts';
import type { SecurityEvent } from '../../telemetry/security-event.ts';
import { BadCall } from '../bad-call.ts';
import { counted } from '../counted.ts';
import { reasonOf } from '../reason.ts';
import { NOBODY, NO_ISSUER, UNRECORDED } from '../revoke/revoke.ts';
import { stoppable } from '../stop-signals.ts';
import { STATUS } from '../terminal.ts';
import type { Status, Terminal } from '../terminal.ts';
import { toolConfig } from '../tool-config.ts';
import { forgetByGateway } from './by-gateway.ts';

const WORD_EVERY_MS = 1000;

const OUT_OF_REACH =
  'out of reach: exports of the record and copies of the store, backups, the log, what webhooks delivered, and receipts';

/** Has a person forgotten on the store of the environment. @throws BadCall, StoreRefused, StoreUnavailable */
export async function forget(user: string, isDryRun: boolean, { say, tell }: Terminal): Promise<Status> {
  const selection = selected(user);
  const config = toolConfig();
  let toldAt = performance.now();
  let unrecorded: string | undefined;

  const report = await run().finally(() => {
    if (unrecorded === undefined) return;
    say(UNRECORDED + unrecorded + '\n');
    tell({ unrecorded });
  });
  say(`${isDryRun ? 'nothing was done; it would be: ' : ''}${summary(report)}\n`);
  const isNobody = report.ended.users === 0;
  if (isNobody) say(`${report.forgotten.entries === 0 ? NOBODY : NO_ISSUER}\n`);
  say(`${OUT_OF_REACH}\n`);
  tell({ ...report, dry_run: isDryRun });
  const { failed, newer, untold } = report.ended;
  const isDone = failed === 0 && newer === 0 && untold === 0 && !isNobody && unrecorded === undefined;
  return isDone ? STATUS.done : STATUS.failed;

  function onProgress(found: ErasureReport): void {
    if (performance.now() - toldAt < WORD_EVERY_MS) return;
    toldAt = performance.now();
    say(`… ${summary(found)}\n`);
  }

  async function run(): Promise<ErasureReport> {
    const opened = await openForgetter(config).catch((error: unknown) => {
      if (error instanceof FolderInUse) return undefined;
      throw error;
    });
    if (opened === undefined) return await forgetByGateway(config, user, isDryRun, onProgress);
    return await stoppable(!isDryRun, async (signal) => {
      try {
        const options = { isDryRun, onProgress, signal };
        return await operatorErasure({ ...opened, report: keep }, selection, options);
      } finally {
        await opened.close();
      }
    });

    async function keep(event: SecurityEvent): Promise<void> {
      const kept = opened?.keep(event);
      if (event.reason === 'operator_begun') await kept;
      else await kept?.catch((error: unknown) => (unrecorded = reasonOf(error)));
    }
  }
}

function selected(user: string): WholeUser {
  try {
    return readWholeUser(user, Date.now());
  } catch (error) {
    throw error instanceof BadSelection ? new BadCall(error.message) : error;
  }
}

function summary({ ended, forgotten }: ErasureReport): string {
  const { sessions, tickets, failed, newer, untold } = ended;
  const { entries } = forgotten;
  return [
    `${counted(sessions, 'session')} and ${counted(tickets, 'ticket')} ended`,
    ...(failed === 0 ? [] : [`${failed} could not be: the same again tries them once more`]),
    ...(newer === 0 ? [] : [`${newer} of a later release were left alone`]),
    ...(untold === 0
      ? []
      : [`the applications of ${counted(untold, 'session')} may not hear that they ended`]),
    `${counted(entries, 'entry', 'entries')} of the record, of ${counted(forgotten.tickets, 'ticket')}, ${entries === 1 ? 'tells' : 'tell'} of nobody any more`,
  ].join('; ');
}
