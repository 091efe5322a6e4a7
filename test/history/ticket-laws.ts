import type { LoggedEvent, Notice, Status, TicketCall, TicketCommand, Violation } from './history.ts';
import { versionOfCursor } from './history.ts';
import { linearize } from './linearization.ts';

/** All that one run left behind of one ticket. */
export interface TicketHistory {
  readonly ticket: string;
  readonly calls: readonly TicketCall[];
  readonly notices: readonly Notice[];
  readonly log: readonly LoggedEvent[];
  readonly mayLoseMints: boolean;
}

/** Which command leads to each status; none: it comes by itself. */
const ASKED_BY: Readonly<Record<Status, TicketCommand | undefined>> = {
  absent: undefined,
  pending: 'mint',
  scanned: 'scan',
  confirmed: 'confirm',
  redeemed: 'redeem',
  denied: 'deny',
  cancelled: 'cancel',
  expired: undefined,
};

const STATUS_AFTER: Readonly<Record<string, Status>> = {
  minted: 'pending',
  scanned: 'scanned',
  confirmed: 'confirmed',
  redeemed: 'redeemed',
  denied: 'denied',
  cancelled: 'cancelled',
  expired: 'expired',
};

/** Of two of these only one can be a ticket's decision. */
const EXCLUSIVE: readonly TicketCommand[] = ['confirm', 'deny', 'cancel'];

/** Two decisions that exclude each other were not both acknowledged. */
export function oneDecision({ ticket, calls }: TicketHistory): readonly Violation[] {
  const won = calls.filter(({ outcome }) => outcome.kind === 'done');
  const decided = EXCLUSIVE.filter((command) => won.some((call) => call.command === command));
  const actorsOf = (command: TicketCommand): readonly string[] => [
    ...new Set(won.filter((call) => call.command === command).map(({ actor }) => actor)),
  ];
  const found: Violation[] = [];
  const report = (seen: string): void => void found.push({ law: 'one decision', subject: ticket, seen });
  if (decided.length > 1) report(`${decided.join(' and ')} were acknowledged`);
  for (const command of ['scan', 'redeem'] as const) {
    const actors = actorsOf(command);
    if (actors.length > 1) report(`${command} was acknowledged to ${actors.join(' and ')}`);
  }
  return found;
}

/** All answers together are those of one ticket. */
export function linearizable({ ticket, calls, mayLoseMints }: TicketHistory): readonly Violation[] {
  const result = linearize(calls, mayLoseMints);
  if (result.kind === 'found') return [];
  if (result.kind === 'undecided')
    return [{ law: 'linearizable', subject: ticket, seen: 'too many calls to tell' }];
  const { status, version, cursor } = result.reached;
  const stuck = result.stuck.map(sayCall).join('; ');
  const seen = `at ${status} (version ${version}${cursor === undefined ? '' : `, ${cursor}`}) none of these fits: ${stuck}`;
  return [{ law: 'linearizable', subject: ticket, seen }];
}

/** What was acknowledged or told is in the log in the end: by its id where that was told, else by its kind. */
export function thereInTheEnd({
  ticket,
  calls,
  notices,
  log,
  mayLoseMints,
}: TicketHistory): readonly Violation[] {
  const cursors = new Set(log.map(({ cursor }) => cursor));
  const statuses = new Set(log.map(({ type }) => STATUS_AFTER[type]));
  const seen = new Set<string>();
  for (const { command, outcome } of calls) {
    if (outcome.kind !== 'done') continue;
    const version = outcome.cursor === undefined ? Infinity : versionOfCursor(outcome.cursor);
    if (mayLoseMints && (version === 1 || command === 'mint')) continue;
    const isThere = outcome.cursor === undefined ? statuses.has(outcome.status) : cursors.has(outcome.cursor);
    if (!isThere) seen.add(`${command} was answered with ${outcome.status} ${outcome.cursor ?? ''}`);
  }
  for (const { status, cursor } of notices) {
    if (status === 'absent' || (mayLoseMints && versionOfCursor(cursor) === 1)) continue;
    if (!cursors.has(cursor)) seen.add(`a browser was told ${status} ${cursor}`);
  }
  const has = log.length === 0 ? 'nothing' : log.map(({ type, cursor }) => `${type} ${cursor}`).join(', ');
  return [...seen].map((what) => ({
    law: 'there in the end',
    subject: ticket,
    seen: `${what}, and the log has ${has}`,
  }));
}

/** A watching browser is told no older state after a newer one, unless it is told that its past was lost. */
export function monotone({ ticket, notices }: TicketHistory): readonly Violation[] {
  const found: Violation[] = [];
  const last = new Map<string, Notice>();
  for (const notice of [...notices].sort((a, b) => a.at - b.at)) {
    const before = last.get(notice.watcher);
    last.set(notice.watcher, notice);
    if (before === undefined || notice.reset) continue;
    if (versionOfCursor(notice.cursor) > versionOfCursor(before.cursor) && notice.status !== 'absent')
      continue;
    const seen = `${notice.watcher} was told ${notice.status} ${notice.cursor} after ${before.status} ${before.cursor}`;
    found.push({ law: 'monotone', subject: ticket, seen });
  }
  return found;
}

/** Nothing is told, and nothing is in the log, that nobody had asked for by then. */
export function noPhantom({ ticket, calls, notices, log }: TicketHistory): readonly Violation[] {
  const seen = new Set<string>();
  const wasAsked = (status: Status, at: number, actor?: string): boolean => {
    const command = ASKED_BY[status];
    return (
      command === undefined ||
      calls.some(
        (call) =>
          call.command === command &&
          call.invokedAt <= at &&
          (actor === undefined || command !== 'scan' || call.actor === actor),
      )
    );
  };
  for (const { status, at, cursor } of notices)
    if (!wasAsked(status, at)) seen.add(`a browser was told ${status} ${cursor}, which nobody had asked for`);
  for (const { outcome, returnedAt } of calls)
    if (outcome.kind !== 'unknown' && !wasAsked(outcome.status, returnedAt))
      seen.add(`a client was told ${outcome.status}, which nobody had asked for`);
  for (const { type, cursor, actor } of log) {
    const status = STATUS_AFTER[type];
    if (status === undefined || !wasAsked(status, Infinity, actor))
      seen.add(`the log has ${type} ${cursor}${actor === undefined ? '' : ` by ${actor}`}, never asked for`);
  }
  return [...seen].map((what) => ({ law: 'phantom', subject: ticket, seen: what }));
}

function sayCall({ command, actor, outcome, invokedAt, returnedAt }: TicketCall): string {
  const status =
    outcome.kind === 'unknown' ? '' : ` ${outcome.status} ${('cursor' in outcome && outcome.cursor) || ''}`;
  return `${command} by ${actor} from ${invokedAt.toFixed(1)} to ${returnedAt.toFixed(1)}: ${outcome.kind}${status}`;
}
