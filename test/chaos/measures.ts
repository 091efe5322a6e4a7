import type { Acknowledgement, Observation } from './chronicle.ts';
import type { TicketLog } from './log.ts';

/** The longest time without an acknowledged write, in seconds, at the worst of these gateways. */
export function secondsWithoutWrites(
  acknowledged: readonly Acknowledgement[],
  gateways: readonly number[],
  fromMs: number,
  untilMs: number,
): number {
  const gaps = gateways.map((gateway) => {
    const times = acknowledged
      .filter((entry) => entry.gateway === gateway && entry.atMs >= fromMs && entry.atMs <= untilMs)
      .map(({ atMs }) => atMs)
      .sort((one, other) => one - other);
    const marks = [fromMs, ...times, untilMs];
    return Math.max(...marks.slice(1).map((mark, index) => mark - marks[index]!));
  });
  return Math.max(0, ...gaps) / 1000;
}

/**
 * How long after an event its browsers were told of it, or of a newer one: milliseconds, one for each event and
 * browser that was told. The event's time is the store's stamp, or the first answer to its writer where clocks differ.
 */
export function delaysToTruth(
  observed: readonly Observation[],
  log: TicketLog,
  acknowledged: readonly Acknowledgement[],
  stampsCount: boolean,
): number[] {
  const answered = new Map<string, number>();
  for (const { ticketId, status, atMs } of acknowledged) {
    const key = `${ticketId} ${status}`;
    answered.set(key, Math.min(atMs, answered.get(key) ?? Infinity));
  }
  return observed.flatMap(({ ticketId, told, startedMs }) =>
    (log.get(ticketId) ?? []).flatMap(({ cursor, status, at }) => {
      const sinceMs = stampsCount ? at : answered.get(`${ticketId} ${status}`);
      const heard = told.find((notice) => versionOf(notice.cursor) >= versionOf(cursor))?.atMs;
      if (sinceMs === undefined || heard === undefined) return [];
      return [Math.max(0, heard - Math.max(sinceMs, startedMs))];
    }),
  );
}

/** How many events of tickets a second the log has from this time on and until that one. */
export function eventsPerSecond(log: TicketLog, fromMs: number, untilMs: number): number {
  const events = [...log.values()].flat().filter(({ at }) => at >= fromMs && at <= untilMs).length;
  return Math.round((1000 * events) / (untilMs - fromMs));
}

/** The value below which this part of all values lies; 0 of none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function versionOf(cursor: string): number {
  return Number(cursor.split('-')[0]);
}

/** Seconds since a time of `performance.now()`, to a tenth. */
export function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 100) / 10;
}
