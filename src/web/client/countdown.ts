import type { Clock } from './platform.ts';

/** Counts the time left from an answer of the gateway, never from the wall clock, which users set wrong. */
export interface Countdown {
  /** The gateway says that `leftMs` remain from now on. */
  set(leftMs: number): void;
  /** Milliseconds that remain, never below 0. */
  leftMs(): number;
}

/** A countdown that stands at 0 until it is set. */
export function makeCountdown(clock: Clock): Countdown {
  let endMs = clock.now();
  return {
    set(leftMs) {
      endMs = clock.now() + Math.max(0, leftMs);
    },
    leftMs() {
      return Math.max(0, Math.round(endMs - clock.now()));
    },
  };
}
