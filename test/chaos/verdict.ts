import { isFinal } from '../../src/ticket/ticket.ts';
import { judge } from '../support/oracle.ts';
import type { BrokenPromise, Violation } from '../support/oracle.ts';
import { endsWatch } from '../support/signin.ts';
import type { TicketStatus } from '../support/signin.ts';
import type { Acknowledgement, Observation, Redemption } from './chronicle.ts';
import type { TicketLog } from './log.ts';

/** What a gateway says of a ticket when all is over. */
export interface EndState {
  readonly ticketId: string;
  readonly gateway: number;
  /** The HTTP status of `GET /v1/tickets/{id}`; 0 where no answer came. */
  readonly answer: number;
  readonly cursor?: string;
  readonly status?: TicketStatus;
}

/** Tickets whose loss no promise of ours covers, and why: said by the scenario, before it is judged. */
export interface Pardon {
  /**
   * No copy of the data survived: tickets that had ended before this time (by the clock of the machine, in
   * milliseconds) are older than the redo ring. Those that lived then must be back whole.
   */
  readonly endedBeforeMs?: number;
  /** Only gateways and servers that the scenario took away together knew of it. */
  readonly tickets?: ReadonlySet<string>;
}

/** All that one scenario left behind. */
export interface Remains {
  readonly log: TicketLog;
  /** The log as it was before the gateways were asked how tickets stand: some moved while they were. Absent: none did. */
  readonly before?: TicketLog;
  readonly acknowledged: readonly Acknowledgement[];
  readonly observed: readonly Observation[];
  readonly redeemed: readonly Redemption[];
  readonly ends: readonly EndState[];
  readonly pardon?: Pardon;
}

/**
 * The columns, over all tickets of a scenario. Each counts broken promises, and none is allowed.
 *
 * - **lost**: an acknowledged answer that the end contradicts. A mint, scan, confirmation, denial, cancellation or
 *   redemption was answered with success, and the store's log has no such event of that ticket (for a mint: of that
 *   id; for a scan: by that user), or a gateway no longer knows the ticket.
 * - **doubled**: a ticket gave tokens of two sessions; two of its decisions that exclude each other were answered with
 *   success; or its log has an event twice, two at one version, a gap, or a
 *   transition that the rules do not have.
 * - **phantom**: a browser was told a state that the log does not have, and nothing withdrew it (`reset`); or a gateway
 *   says such a state in the end.
 * - **without outcome**: a browser does not know how its ticket stands in the end, when the bound after the healing has
 *   passed: it was told less, nothing at all, or that its ticket is gone while it stands. Also a gateway that does
 *   not say it.
 * - **disorder**: a browser was told a thing twice, an older one after a newer without `reset`, or a rotation.
 */
export const COLUMNS = ['lost', 'doubled', 'phantom', 'without outcome', 'disorder'] as const;
export type Column = (typeof COLUMNS)[number];

/** One broken promise. */
export interface Breach {
  readonly column: Column;
  readonly ticketId: string;
  readonly why: string;
}

const COLUMN_OF: Readonly<Record<BrokenPromise, Column>> = {
  lost: 'lost',
  'doubled redemption': 'doubled',
  'broken log': 'doubled',
  phantom: 'phantom',
  'without outcome': 'without outcome',
  skipped: 'without outcome',
  'told twice': 'disorder',
  'went back': 'disorder',
  'rotation told': 'disorder',
};

/** Every promise that was broken; pardoned losses are none, as long as the browsers were told of them. */
export function judgeRemains(remains: Remains): Breach[] {
  const observed = remains.observed.map(withoutFarewell);
  const forgiven = forgivenTickets(remains);
  const isGone = (ticketId: string): boolean => !remains.log.has(ticketId);
  const breaches = [
    ...judge({ log: remains.log, acknowledged: [], observed, redeemed: remains.redeemed }).map(asBreach),
    ...remains.acknowledged.flatMap((entry) => lossOf(entry, remains.log)),
    ...twoWinners(remains.acknowledged),
    ...remains.ends.flatMap((end) => liesOf(end, remains)),
    ...observed.filter(({ gone, ticketId }) => gone && !isGone(ticketId)).map(wrongFarewell),
  ];
  const unforgiven = breaches.filter(
    ({ ticketId, column }) => !forgiven.has(ticketId) || column === 'doubled',
  );
  return [...unforgiven, ...untold(observed, forgiven, remains.log)];
}

/** The end that a browser is told whose ticket is gone: an `expired` with `reset` that no log has. */
function withoutFarewell(observation: Observation): Observation {
  const last = observation.told.at(-1);
  if (last === undefined || !last.reset || last.status !== 'expired' || observation.gone) return observation;
  return { ...observation, told: observation.told.slice(0, -1), gone: true };
}

function asBreach({ promise, ticketId, why }: Violation): Breach {
  return { column: COLUMN_OF[promise], ticketId, why };
}

function lossOf({ ticketId, status, by, cursor, user }: Acknowledgement, log: TicketLog): Breach[] {
  const stands = (log.get(ticketId) ?? []).some(
    (line) =>
      line.status === status &&
      (cursor === undefined || line.cursor === cursor) &&
      (user === undefined || line.user === user),
  );
  if (stands) return [];
  return [{ column: 'lost', ticketId, why: `${status} was acknowledged to ${by} and is not in the log` }];
}

const DECISIONS: readonly TicketStatus[] = ['confirmed', 'denied', 'cancelled'];

function twoWinners(acknowledged: readonly Acknowledgement[]): Breach[] {
  const decided = new Map<string, Set<TicketStatus>>();
  for (const { ticketId, status } of acknowledged) {
    if (!DECISIONS.includes(status)) continue;
    decided.set(ticketId, (decided.get(ticketId) ?? new Set()).add(status));
  }
  return [...decided]
    .filter(([, winners]) => winners.size > 1)
    .map(([ticketId, winners]) => ({
      column: 'doubled',
      ticketId,
      why: `${[...winners].join(' and ')} were both acknowledged`,
    }));
}

function liesOf(
  { ticketId, gateway, answer, cursor, status }: EndState,
  { log, before = log }: Remains,
): Breach[] {
  const lines = log.get(ticketId) ?? [];
  const breach = (column: Column, why: string): Breach[] => [
    { column, ticketId, why: `gateway ${gateway} ${why}` },
  ];
  if (answer === 404) return lines.length > 0 ? breach('lost', 'says 404 of a ticket that the log has') : [];
  if (answer !== 200) return breach('without outcome', `answers ${answer} in the end`);
  const told = lines.findLastIndex((line) => line.cursor === cursor && line.status === status);
  if (told >= 0) {
    if (told >= (before.get(ticketId)?.length ?? 0) - 1) return [];
    return breach('without outcome', `says ${status}, the truth is ${lines.at(-1)?.status}`);
  }
  return breach('phantom', `says ${status} ${cursor}, which the log never had`);
}

function wrongFarewell({ observer, ticketId }: Observation): Breach {
  const why = `${observer} was told that the ticket is gone, and the log has it`;
  return { column: 'without outcome', ticketId, why };
}

/** Tickets that lost something which may be lost: pardoned by name, or with an end that is older than the ring. */
function forgivenTickets({ acknowledged, log, pardon = {} }: Remains): Set<string> {
  const { endedBeforeMs = -Infinity, tickets = new Set<string>() } = pardon;
  const old = acknowledged
    .filter(({ atMs, status }) => isFinal(status) && atMs < endedBeforeMs)
    .map(({ ticketId }) => ticketId);
  const mayLose = new Set([...tickets, ...old]);
  const losses = acknowledged.filter((entry) => mayLose.has(entry.ticketId) && lossOf(entry, log).length > 0);
  return new Set([...tickets, ...losses.map(({ ticketId }) => ticketId)]);
}

/**
 * A browser that lost its ticket, or a part of its past, must be told so: by the end, or by a `reset`. One that had its
 * outcome has left.
 */
function untold(observed: readonly Observation[], forgiven: ReadonlySet<string>, log: TicketLog): Breach[] {
  return observed
    .filter(({ ticketId }) => forgiven.has(ticketId))
    .filter(({ ticketId, told, gone }) => {
      const lines = log.get(ticketId) ?? [];
      const unknown = told.some(({ cursor }) => !lines.some((line) => line.cursor === cursor));
      const left = told.some(({ status }) => endsWatch(status));
      return unknown && !left && !gone && !told.some(({ reset }) => reset);
    })
    .map(({ observer, ticketId }) => ({
      column: 'without outcome' as const,
      ticketId,
      why: `${observer} was never told that what it knew is gone`,
    }));
}
