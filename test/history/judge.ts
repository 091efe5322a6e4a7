import type { History, LoggedEvent, Pardon, Status, TicketCall, Violation } from './history.ts';
import { wholeLog } from './log-laws.ts';
import { honestRefresh, sessionInTheEnd } from './session-laws.ts';
import { linearizable, monotone, noPhantom, oneDecision, thereInTheEnd } from './ticket-laws.ts';

const TICKET_LAWS = [oneDecision, linearizable, thereInTheEnd, monotone, noPhantom] as const;
const SESSION_LAWS = [honestRefresh, sessionInTheEnd] as const;

const FINAL: ReadonlySet<Status> = new Set(['redeemed', 'denied', 'cancelled', 'expired']);

/**
 * Judges what a run left behind by the promises of docs/failover.md. It knows nothing of the code that is judged: its
 * rules of a ticket are its own.
 */
export function judge(history: History): readonly Violation[] {
  const { calls, notices, log } = history;
  const callsOf = grouped(calls, ({ ticket }) => ticket);
  const noticesOf = grouped(notices, ({ ticket }) => ticket);
  const logOf = grouped(log, ({ subject }) => subject);
  const found: Violation[] = [];
  for (const [ticket, own] of callsOf) {
    const logged = logOf.get(`ticket:${ticket}`) ?? [];
    if (mayHaveEnded(own, logged, history.pardon)) continue;
    const one = { ticket, calls: own, notices: noticesOf.get(ticket) ?? [], log: logged };
    for (const law of TICKET_LAWS) found.push(...law({ ...one, mayLoseMints: history.pardon.mints }));
  }
  found.push(...judgeSessions(history, logOf));
  for (const [subject, events] of logOf) {
    if (/^(ticket|session):/.test(subject)) found.push(...wholeLog(subject, events));
    if (subject.startsWith('ticket:') && !callsOf.has(subject.slice('ticket:'.length)))
      found.push({ law: 'phantom', subject, seen: 'it is in the log, and nobody asked for it' });
  }
  return found;
}

function judgeSessions(
  { sessionCalls, pardon, replayWindowMs }: History,
  logOf: ReadonlyMap<string, readonly LoggedEvent[]>,
): readonly Violation[] {
  const found: Violation[] = [];
  for (const [session, calls] of grouped(sessionCalls, (call) => call.session)) {
    const since = Math.min(...calls.map(({ invokedAt }) => invokedAt));
    if (pardon.emptiedAt.some((at) => at >= since)) continue;
    const one = { session, calls, log: logOf.get(`session:${session}`) ?? [], replayWindowMs };
    for (const law of SESSION_LAWS) found.push(...law(one));
  }
  return found;
}

/**
 * Whether a ticket may have been over when all copies of the data were gone, as far as its clients can know: then nothing
 * is promised of it.
 */
function mayHaveEnded(
  calls: readonly TicketCall[],
  log: readonly LoggedEvent[],
  { emptiedAt, lifeMinMs }: Pardon,
): boolean {
  if (emptiedAt.length === 0) return false;
  const last = Math.max(...emptiedAt);
  const before = calls.filter(({ invokedAt }) => invokedAt <= last);
  const mayEnd = before.some(({ command, outcome }) =>
    outcome.kind === 'unknown' ? ENDS.has(command) : FINAL.has(outcome.status),
  );
  const moved = before.filter(({ command }) => command !== 'read').map(({ invokedAt }) => invokedAt);
  const isOld = last - Math.max(...moved) > lifeMinMs;
  const wasOnlyMinted = log.length === 0 && calls.every(({ command }) => MINT_ONLY.has(command));
  return mayEnd || isOld || wasOnlyMinted;
}

const ENDS: ReadonlySet<string> = new Set(['redeem', 'deny', 'cancel']);
const MINT_ONLY: ReadonlySet<string> = new Set(['mint', 'read']);

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}
