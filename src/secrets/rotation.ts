/** Which period a scan code is in now, and how long it lasts; both from the store's clock, in milliseconds. */
export interface Rotation {
  readonly period: number;
  /** Milliseconds until the next period; with a code that does not rotate, until the deadline. */
  readonly rotatesInMs: number;
}

/** The rotation of a ticket minted at `mintedAt` with periods of `periodMs` (0: none), seen at `now`. */
export function rotationAt(mintedAt: number, periodMs: number, now: number, deadline: number): Rotation {
  if (periodMs === 0) return { period: 0, rotatesInMs: Math.max(0, deadline - now) };
  const age = Math.max(0, now - mintedAt);
  const period = Math.floor(age / periodMs);
  return { period, rotatesInMs: (period + 1) * periodMs - age };
}

/** Whether a code of `period` still opens: in its own period and the one after. */
export function isCurrent(period: number, rotation: Rotation): boolean {
  return period === rotation.period || period + 1 === rotation.period;
}
