import { endsWatch } from './signin.ts';
import type { Notice, TicketStatus } from './signin.ts';

/** A transition as the log has it at the end of a run. */
export interface Logged {
  readonly cursor: string;
  readonly status: TicketStatus;
}

/** What a writer was answered: this ticket is now so. */
export interface Acknowledged {
  readonly ticketId: string;
  readonly status: TicketStatus;
  readonly by: string;
}

/** What one browser was told of one ticket, over all its connections, in order. */
export interface Observed {
  readonly observer: string;
  readonly ticketId: string;
  readonly told: readonly Pick<Notice, 'cursor' | 'status' | 'reset'>[];
}

/** A token answer: which session it opened. */
export interface Redeemed {
  readonly ticketId: string;
  readonly sessionId: string;
}

/** All that happened in a run. */
export interface History {
  /** By ticket, in order: the truth. */
  readonly log: ReadonlyMap<string, readonly Logged[]>;
  readonly acknowledged: readonly Acknowledged[];
  readonly observed: readonly Observed[];
  readonly redeemed: readonly Redeemed[];
}

export type BrokenPromise =
  | 'lost'
  | 'without outcome'
  | 'skipped'
  | 'told twice'
  | 'went back'
  | 'phantom'
  | 'doubled redemption'
  | 'broken log'
  | 'rotation told';

/** A promise that a history breaks, and where. */
export interface Violation {
  readonly promise: BrokenPromise;
  readonly ticketId: string;
  readonly why: string;
}

type Check = (history: History) => Violation[];

const versionOf = (cursor: string): number => Number(cursor.split('-')[0]);

const logOf = (history: History, ticketId: string): readonly Logged[] => history.log.get(ticketId) ?? [];

/** Pairs of neighbours. */
function neighbours<T>(items: readonly T[]): (readonly [T, T])[] {
  return items.slice(1).map((item, index) => [items[index]!, item] as const);
}

/** What a writer was told has happened stands in the log. */
export const acknowledgedStands: Check = (history) =>
  history.acknowledged
    .filter(({ ticketId, status }) => !logOf(history, ticketId).some((entry) => entry.status === status))
    .map(({ ticketId, status, by }) => ({
      promise: 'lost',
      ticketId,
      why: `${status} was acknowledged to ${by} and is not in the log`,
    }));

/** Each observer ends on the true state: the log's last, or the one that ends a watch. */
export const endsOnTruth: Check = (history) =>
  history.observed.flatMap(({ observer, ticketId, told }): Violation[] => {
    const last = told.at(-1);
    const log = logOf(history, ticketId);
    const isTrue =
      last !== undefined &&
      (last.cursor === log.at(-1)?.cursor ||
        log.some((entry) => entry.cursor === last.cursor && endsWatch(entry.status)));
    if (isTrue) return [];
    const end = last === undefined ? 'nothing' : `${last.status} ${last.cursor}`;
    const truth = log.at(-1);
    const why = `${observer} ended on ${end}, the truth is ${truth?.status} ${truth?.cursor}`;
    return [{ promise: 'without outcome', ticketId, why }];
  });

/** A state that came after an observer's first is told to it, or a newer one is. */
export const skipsOnlyForNewer: Check = (history) =>
  history.observed.flatMap(({ observer, ticketId, told }) => {
    const first = told[0];
    if (first === undefined) return [];
    const newest = Math.max(...told.map(({ cursor }) => versionOf(cursor)));
    const outcome = told.some(({ status }) => endsWatch(status));
    return logOf(history, ticketId)
      .filter(({ cursor }) => versionOf(cursor) > versionOf(first.cursor))
      .filter(({ cursor }) => !told.some((notice) => notice.cursor === cursor))
      .filter(({ cursor }) => !outcome && versionOf(cursor) > newest)
      .map(({ status, cursor }): Violation => ({
        promise: 'skipped',
        ticketId,
        why: `${observer} was never told ${status} ${cursor}, nor anything newer`,
      }));
  });

/** No id is told twice to one observer, unless a reset told the whole state, or withdrew it, in between. */
export const toldOnce: Check = (history) =>
  history.observed.flatMap(({ observer, ticketId, told }) =>
    told
      .filter(({ cursor, reset }, index) => {
        const withdrawn = told.slice(0, index).findLastIndex((notice) => notice.reset);
        const valid = told.slice(Math.max(0, withdrawn), index);
        return !reset && valid.some((other) => other.cursor === cursor);
      })
      .map(({ status, cursor }): Violation => ({
        promise: 'told twice',
        ticketId,
        why: `${observer} was told ${status} ${cursor} again`,
      })),
  );

/** Versions rise; one falls, or comes again with another nonce, only with a reset. */
export const versionsRise: Check = (history) =>
  history.observed.flatMap(({ observer, ticketId, told }) =>
    neighbours(told)
      .filter(
        ([before, after]) =>
          !after.reset &&
          before.cursor !== after.cursor &&
          versionOf(after.cursor) <= versionOf(before.cursor),
      )
      .map(([before, after]): Violation => ({
        promise: 'went back',
        ticketId,
        why: `${observer} was told ${after.cursor} after ${before.cursor} without a reset`,
      })),
  );

/** What is told stands in the log as it was told, unless a later reset withdrew it. */
export const noPhantom: Check = (history) =>
  history.observed.flatMap(({ observer, ticketId, told }) =>
    told
      .filter(({ cursor, status }, index) => {
        const isLogged = logOf(history, ticketId).some(
          (entry) => entry.cursor === cursor && entry.status === status,
        );
        return !isLogged && !told.slice(index + 1).some(({ reset }) => reset);
      })
      .map(({ cursor, status }): Violation => ({
        promise: 'phantom',
        ticketId,
        why: `${observer} was told ${status} ${cursor}, which the log never had`,
      })),
  );

/** A ticket opens one session, however often it is redeemed. */
export const oneRedemption: Check = (history) => {
  const sessions = new Map<string, Set<string>>();
  for (const { ticketId, sessionId } of history.redeemed) {
    sessions.set(ticketId, (sessions.get(ticketId) ?? new Set()).add(sessionId));
  }
  return [...sessions]
    .filter(([, ids]) => ids.size > 1)
    .map(([ticketId, ids]) => ({
      promise: 'doubled redemption',
      ticketId,
      why: `it opened ${ids.size} sessions: ${[...ids].join(', ')}`,
    }));
};

const NEXT: Readonly<Record<TicketStatus, readonly TicketStatus[]>> = {
  pending: ['scanned', 'cancelled', 'expired'],
  scanned: ['confirmed', 'denied', 'cancelled', 'expired'],
  confirmed: ['redeemed', 'expired'],
  redeemed: [],
  denied: [],
  cancelled: [],
  expired: [],
};

/** The log itself: from pending, without gap or double, by the transitions that there are. */
export const logIsSound: Check = (history) =>
  [...history.log].flatMap(([ticketId, log]) => {
    const broken = (why: string): Violation => ({ promise: 'broken log', ticketId, why });
    const first = log[0];
    const start =
      first === undefined || (first.status === 'pending' && versionOf(first.cursor) === 1)
        ? []
        : [broken(`it begins with ${first.status} ${first.cursor}`)];
    const steps = neighbours(log).flatMap(([before, after]) => {
      const follows = versionOf(after.cursor) === versionOf(before.cursor) + 1;
      if (follows && after.status === before.status) return []; // judged as a rotation
      if (follows && NEXT[before.status].includes(after.status)) return [];
      return [broken(`${before.status} ${before.cursor} → ${after.status} ${after.cursor}`)];
    });
    return [...start, ...steps];
  });

/** Rotation of the scan code moves no cursor: neither in the log nor for an observer. */
export const rotationIsNoTransition: Check = (history) => {
  const rotated = (
    entries: readonly (Logged & { readonly reset?: boolean })[],
    who: string,
    ticketId: string,
  ): Violation[] =>
    neighbours(entries)
      .filter(([, after]) => after.reset !== true)
      .filter(([before, after]) => before.status === after.status && before.cursor !== after.cursor)
      .map(([before, after]) => ({
        promise: 'rotation told',
        ticketId,
        why: `${who}: ${before.status} ${before.cursor} moved to ${after.cursor}`,
      }));
  return [
    ...[...history.log].flatMap(([ticketId, log]) => rotated(log, 'the log', ticketId)),
    ...history.observed.flatMap(({ observer, ticketId, told }) => rotated(told, observer, ticketId)),
  ];
};

const CHECKS: readonly Check[] = [
  acknowledgedStands,
  endsOnTruth,
  skipsOnlyForNewer,
  toldOnce,
  versionsRise,
  noPhantom,
  oneRedemption,
  logIsSound,
  rotationIsNoTransition,
];

/** All the promises that a history breaks; none is what a test wants. */
export function judge(history: History): Violation[] {
  return CHECKS.flatMap((check) => check(history));
}
