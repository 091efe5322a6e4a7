/** Waits that grow with each failure and are spread at random ("full jitter"), so that clients never return in step. */
export interface Backoff {
  /** The next wait in milliseconds; at least `floorMs`, which is what the server asked for. */
  nextMs(floorMs?: number): number;
  reset(): void;
}

const FIRST_MS = 500;
const CAP_MS = 10000;

/** A backoff from 0.5 s up to 10 s. */
export function makeBackoff(random: () => number): Backoff {
  let failures = 0;
  return {
    nextMs(floorMs = 0) {
      const ceilingMs = Math.min(CAP_MS, FIRST_MS * Math.pow(2, failures));
      failures += 1;
      return Math.round(floorMs + Math.max(100, random() * ceilingMs));
    },
    reset() {
      failures = 0;
    },
  };
}
