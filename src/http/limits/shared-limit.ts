import type { IncrementResponse, Store } from 'express-rate-limit';
import type { Ledger } from '../../store/ledger.ts';
import type { LimitName } from './limits.ts';

const WINDOW_MS = 60_000;

/**
 * Counts a rate limit in the ledger, so that all nodes of one store count together. A minute is a minute of the clock:
 * its number stands in the key, and the entry goes by itself.
 *
 * @param now milliseconds since the epoch.
 */
export function sharedLimit(ledger: Ledger, name: LimitName, now: () => number): Store {
  return {
    async increment(key): Promise<IncrementResponse> {
      const window = Math.floor(now() / WINDOW_MS);
      const totalHits = await ledger.count(`limit:${name}:${window}:${key}`, WINDOW_MS);
      return { totalHits, resetTime: new Date((window + 1) * WINDOW_MS) };
    },
    // express-rate-limit asks for these only with options that are not used here.
    decrement: () => undefined,
    resetKey: () => undefined,
  };
}
