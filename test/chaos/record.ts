import { scangate } from '../support/scangate.ts';
import { until } from '../support/until.ts';
import type { Chronicle } from './chronicle.ts';
import type { TicketLog } from './log.ts';
import type { Column } from './verdict.ts';

/** An entry of the record, as `scangate audit --json` tells it. */
export interface RecordLine {
  readonly id: string;
  readonly kind: string;
  readonly ticket_id?: string;
  readonly session_id?: string;
  readonly cursor?: string;
  readonly user?: string;
  readonly count?: number;
}

/** What the record is held against. */
export interface RecordGiven {
  /** As it was before the record was read: the record has all of it. */
  readonly log: TicketLog;
  /** As it was after that: it has all of the record. Tickets may have ended in between. Absent: none did. */
  readonly later?: TicketLog;
  readonly chronicle: Pick<Chronicle, 'acknowledged' | 'asked' | 'redeemed'>;
}

/** A promise of the record that was broken. */
export interface RecordBreach {
  readonly column: Column;
  readonly ticketId: string;
  readonly why: string;
}

/** The log's words for what clients are answered. */
const KIND_OF: Readonly<Record<string, string>> = { pending: 'minted' };
/** What happens only where someone asked for it. Minting is left out: a mint that nobody heard of has no id that was asked for. */
const ASKED_FOR: ReadonlySet<string> = new Set(['scanned', 'confirmed', 'denied', 'cancelled', 'redeemed']);
const OF_TICKETS: ReadonlySet<string> = new Set([...ASKED_FOR, 'minted', 'expired']);
const SETTLE_MS = 60_000;

/** Asks for the record as an operator does, until it has as much as the log, or a minute has passed. */
export async function readRecord(
  env: Readonly<Record<string, string>>,
  log: TicketLog,
): Promise<RecordLine[]> {
  const wanted = [...log.values()].flat().map(({ cursor }) => cursor);
  let lines: RecordLine[] = [];
  const isWhole = async (): Promise<boolean> => {
    const { status, stdout, stderr } = await scangate(['audit', '--json'], env);
    if (status !== 0) throw new Error(`scangate audit ended with ${status}: ${stderr}`);
    lines = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RecordLine);
    const cursors = new Set(lines.map(({ cursor }) => cursor));
    return wanted.every((cursor) => cursors.has(cursor));
  };
  const options = { withinMs: SETTLE_MS, everyMs: 1000, what: 'a record that has all that the log has' };
  await until(isWhole, options).catch((error: unknown) => {
    if (lines.length === 0) throw error;
  });
  return lines;
}

/**
 * Every promise of the record that was broken: what was acknowledged stands there once, what the log has stands there once, and
 * nothing else does unless it is said to be superseded, or that nobody asked for.
 */
export function judgeRecord(lines: readonly RecordLine[], given: RecordGiven): RecordBreach[] {
  const tickets = byTicket(lines);
  return [
    ...acknowledgedOnce(tickets, given),
    ...asTheLog(tickets, given.log),
    ...nothingInvented(lines, given),
    ...inOrder(lines),
    ...lines
      .filter(({ kind }) => kind === 'gap')
      .map(({ count }) => breach('lost', '-', `the record has a gap of ${count}`)),
  ];
}

type ByTicket = ReadonlyMap<string, readonly RecordLine[]>;

function byTicket(lines: readonly RecordLine[]): ByTicket {
  const tickets = new Map<string, RecordLine[]>();
  for (const line of lines) {
    const known = tickets.get(line.ticket_id ?? '');
    if (known === undefined) tickets.set(line.ticket_id ?? '', [line]);
    else known.push(line);
  }
  return tickets;
}

function breach(column: Column, ticketId: string, why: string): RecordBreach {
  return { column, ticketId, why };
}

function acknowledgedOnce(tickets: ByTicket, { chronicle }: RecordGiven): RecordBreach[] {
  const breaches = chronicle.acknowledged.flatMap(({ ticketId, status, by, cursor, user }) => {
    const kind = KIND_OF[status] ?? status;
    const found = standing(tickets.get(ticketId) ?? []).filter((line) => line.kind === kind);
    const right = found.filter(
      (line) => (cursor ?? line.cursor) === line.cursor && (user ?? line.user) === line.user,
    );
    if (found.length === 1 && right.length === 1) return [];
    const column = found.length > 1 ? 'doubled' : 'lost';
    return [
      breach(
        column,
        ticketId,
        `${kind} was acknowledged to ${by} and stands in the record ${found.length} times`,
      ),
    ];
  });
  const unopened = chronicle.redeemed.filter(({ ticketId, sessionId }) => {
    const opened = (tickets.get(ticketId) ?? []).filter(({ kind }) => kind === 'opened');
    return opened.length !== 1 || opened[0]?.session_id !== sessionId;
  });
  return [
    ...breaches,
    ...unopened.map(({ ticketId }) =>
      breach('lost', ticketId, 'its session stands in the record other than once'),
    ),
  ];
}

/** Those that no failover took back. */
function standing(lines: readonly RecordLine[]): readonly RecordLine[] {
  const gone = new Set(lines.filter(({ kind }) => kind === 'superseded').map(({ cursor }) => cursor));
  return lines.filter(({ cursor }) => !gone.has(cursor));
}

function asTheLog(tickets: ByTicket, log: TicketLog): RecordBreach[] {
  return [...log].flatMap(([ticketId, events]) =>
    events.flatMap(({ cursor, status }) => {
      const times = (tickets.get(ticketId) ?? []).filter(
        (line) => line.kind !== 'superseded' && line.cursor === cursor,
      ).length;
      if (times === 1) return [];
      return [
        breach(
          times > 1 ? 'doubled' : 'lost',
          ticketId,
          `${status} of the log stands in the record ${times} times`,
        ),
      ];
    }),
  );
}

function nothingInvented(lines: readonly RecordLine[], given: RecordGiven): RecordBreach[] {
  const { log, later = log, chronicle } = given;
  return standing(lines.filter(({ kind }) => OF_TICKETS.has(kind) || kind === 'superseded')).flatMap(
    ({ kind, cursor, ticket_id: ticketId = '-' }) => {
      if (kind === 'superseded') return [];
      const isLogged = (later.get(ticketId) ?? []).some((line) => line.cursor === cursor);
      if (!isLogged)
        return [
          breach('phantom', ticketId, `${kind} ${cursor} stands in the record, and the log never had it`),
        ];
      if (ASKED_FOR.has(kind) && !chronicle.asked.has(`${ticketId} ${kind}`))
        return [breach('phantom', ticketId, `${kind} stands in the record, and nobody asked for it`)];
      return [];
    },
  );
}

function inOrder(lines: readonly RecordLine[]): RecordBreach[] {
  const isWrong = lines.some(({ id }, index) => index > 0 && BigInt(lines[index - 1]!.id) >= BigInt(id));
  return isWrong
    ? [breach('disorder', '-', 'an id of the record stands twice, or behind a younger one')]
    : [];
}
