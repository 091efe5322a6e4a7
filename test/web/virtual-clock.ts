import type { Clock } from '../../src/web/client/platform.ts';

/** A clock that only moves when a test says so. */
export interface VirtualClock extends Clock {
  /** Moves on by `ms`, running on the way whatever is due. */
  pass(ms: number): void;
  /** How many timers wait. */
  waiting(): number;
}

export function createVirtualClock(): VirtualClock {
  let nowMs = 0;
  let timers: { atMs: number; run: () => void }[] = [];
  return {
    now: () => nowMs,
    after(delayMs, run) {
      const timer = { atMs: nowMs + Math.max(0, delayMs), run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    pass(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = timers.filter((timer) => timer.atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
      }
      nowMs = endMs;
    },
    waiting: () => timers.length,
  };
}
