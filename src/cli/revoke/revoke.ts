import { openRevoker } from '../../compose/operate/revoker.ts';
import { toolConfig } from '../tool-config.ts';
import { operatorRevocation } from '../../oauth/revocation/operator-revocation.ts';
import type { RevocationReport, Selected } from '../../oauth/revocation/revocation.ts';
import { BadSelection, readSelection } from '../../oauth/revocation/selection.ts';
import type { AskedSelection } from '../../oauth/revocation/selection.ts';
import { FolderInUse } from '../../store/refused.ts';
import type { SecurityEvent } from '../../telemetry/security-event.ts';
import { BadCall } from '../bad-call.ts';
import { counted } from '../counted.ts';
import { reasonOf } from '../reason.ts';
import { revokeByGateway } from './by-gateway.ts';
import type { RevocationEar } from './by-gateway.ts';
import { stoppable } from '../stop-signals.ts';
import { STATUS } from '../terminal.ts';
import type { Status, Terminal } from '../terminal.ts';

const WORD_EVERY_MS = 1000;

export const NO_ISSUER =
  'no issuer of their source is set here: their sessions of the approval page go on. ' +
  'Set SCANGATE_PHONE_OIDC_ISSUER, SCANGATE_PHONE_JWT_ISSUER or SCANGATE_PHONE_WECHAT_… as the gateways have it';

export const NOBODY = `nothing of this user was found, and ${NO_ISSUER}`;

export const UNRECORDED = 'the record does not say that this was done: ';

/** Ends what is asked for on the store of the environment. @throws BadCall, StoreRefused, StoreUnavailable */
export async function revoke(
  asked: AskedSelection,
  isDryRun: boolean,
  { say, tell }: Terminal,
): Promise<Status> {
  const selection = selected(asked);
  const config = toolConfig();
  let toldAt = performance.now();
  const ear: RevocationEar = {
    selected(one) {
      say(`${isDryRun ? 'would end' : 'ends'} ${lineOf(one)}\n`);
      tell(valueOf(one));
    },
    progress(report) {
      if (performance.now() - toldAt < WORD_EVERY_MS) return;
      toldAt = performance.now();
      say(`… ${summary(report)}\n`);
    },
  };
  let unrecorded: string | undefined;
  const report = await run().catch((error: unknown) => {
    if (unrecorded !== undefined) {
      say(UNRECORDED + unrecorded + '\n');
      tell({ unrecorded });
    }
    throw error;
  });
  say(`${isDryRun ? 'nothing was ended; it would be: ' : ''}${summary(report)}\n`);
  const isNobody = selection.isWholeUser && report.users === 0;
  if (isNobody) say(`${NOBODY}\n`);
  if (unrecorded !== undefined) say(UNRECORDED + unrecorded + '\n');
  tell({ ...report, dry_run: isDryRun, ...(unrecorded === undefined ? {} : { unrecorded }) });
  const { failed, newer, untold } = report;
  const isDone = failed === 0 && newer === 0 && untold === 0 && !isNobody && unrecorded === undefined;
  return isDone ? STATUS.done : STATUS.failed;

  async function run(): Promise<RevocationReport> {
    const opened = await openRevoker(config).catch((error: unknown) => {
      if (error instanceof FolderInUse) return undefined;
      throw error;
    });
    if (opened === undefined) return await revokeByGateway(config, asked, isDryRun, ear);
    return await stoppable(!isDryRun, async (signal) => {
      try {
        const { selected: onSelected, progress: onProgress } = ear;
        const options = { isDryRun, onSelected, onProgress, signal };
        return await operatorRevocation(opened.revoke, { said: asked, selection }, options, keep);
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

function selected(asked: AskedSelection): ReturnType<typeof readSelection> {
  try {
    return readSelection(asked, Date.now());
  } catch (error) {
    throw error instanceof BadSelection ? new BadCall(error.message) : error;
  }
}

function summary({ looked, sessions, tickets, failed, newer, untold }: RevocationReport): string {
  const rest = [
    ...(failed === 0 ? [] : [`${failed} could not be ended: the same again tries them once more`]),
    ...(newer === 0 ? [] : [`${newer} of a later release were left alone`]),
    ...(untold === 0
      ? []
      : [`the applications of ${counted(untold, 'session')} may not hear that they ended`]),
  ];
  return [
    `${counted(sessions, 'session')} and ${counted(tickets, 'ticket')} of ${looked} looked at`,
    ...rest,
  ].join('; ');
}

function lineOf({ kind, id, user, clientId, address, at }: Selected): string {
  const who = user === undefined ? 'nobody yet' : `${printable(user.subject)} (${user.source})`;
  return `${kind} ${id}: ${who}, for ${printable(clientId)}, from ${address}, since ${new Date(at).toISOString()}`;
}

function valueOf({ kind, id, ticketId, user, clientId, address, at }: Selected): object {
  const who = user === undefined ? {} : { user: `${user.source}:${user.subject}` };
  return {
    kind,
    id,
    ticket_id: ticketId,
    ...who,
    client_id: clientId,
    address,
    since: new Date(at).toISOString(),
  };
}

// What came from outside may hold control characters, which a terminal would obey.
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '').slice(0, 80);
}
