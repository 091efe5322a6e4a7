import type { Ledger } from '../../store/ledger.ts';

/** Judges how often a device asks, while its ticket is still open (RFC 8628 §3.5). */
export interface PollPace {
  /** @param now the store's time in milliseconds. @returns whether this poll came too soon. */
  isTooFast(ticketId: string, now: number, lifeMs: number): Promise<boolean>;
}

interface Pace {
  readonly at: number;
  readonly intervalMs: number;
}

/** What one `slow_down` adds to the interval, for this and all later polls (RFC 8628 §3.5). */
const SLOW_DOWN_MS = 5000;
/** However impatient a device is, it need not wait longer than this. */
const INTERVAL_MAX_MS = 60_000;
/** How much of an interval a network may swallow: a client that keeps it exactly is never told to slow down. */
const TOLERANCE = 0.2;

/**
 * Remembers the pace per ticket in the ledger. The first poll is never too soon. A poll that came too soon moves the
 * interval and not the time, so that nobody is told `slow_down` for ever.
 */
export function pollPace(ledger: Ledger, intervalMs: number): PollPace {
  return {
    async isTooFast(ticketId, now, lifeMs) {
      const key = `poll:${ticketId}`;
      const first: Pace = { at: now, intervalMs };
      const { stored, value } = await ledger.putIfAbsent(key, JSON.stringify(first), lifeMs);
      if (stored) return false;
      const last = JSON.parse(value) as Pace;
      const tooFast = now - last.at < last.intervalMs * (1 - TOLERANCE);
      const next: Pace = tooFast
        ? { at: last.at, intervalMs: Math.min(INTERVAL_MAX_MS, last.intervalMs + SLOW_DOWN_MS) }
        : { at: now, intervalMs: last.intervalMs };
      await ledger.replaceIf(key, value, JSON.stringify(next), lifeMs);
      return tooFast;
    },
  };
}
