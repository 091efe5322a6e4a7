import type { Cancel, Clock } from './platform.ts';

/** The gateway's longest silence on a stream, as docs/wire.md promises it ("The three ways to wait"). */
export const HEARTBEAT_MS = 15000;

/** Nothing for this long means that a connection has to prove itself. */
export const SILENCE_MS = 2.5 * HEARTBEAT_MS;

/** Barks when nothing was heard for a while, again and again until it is stopped. */
export interface Watchdog {
  /** Something was heard. */
  touch(): void;
  /** How long a silence may last from now on. */
  allow(silenceMs: number): void;
  stop(): void;
}

/**
 * Starts watching at once.
 *
 * @param bark - told after each whole silence. A proxy that swallows bytes but keeps the socket open raises no error, so
 *   silence is all there is to notice.
 */
export function startWatchdog(clock: Clock, silenceMs: number, bark: () => void): Watchdog {
  let allowedMs = silenceMs;
  let heardMs = clock.now();
  let cancel: Cancel;
  const arm = (delayMs: number): void => {
    cancel = clock.after(delayMs, () => {
      const leftMs = heardMs + allowedMs - clock.now();
      if (leftMs > 0) {
        arm(leftMs);
        return;
      }
      heardMs = clock.now();
      arm(allowedMs);
      bark();
    });
  };
  arm(allowedMs);
  return {
    touch() {
      heardMs = clock.now();
    },
    allow(nextMs) {
      if (nextMs === allowedMs) return;
      allowedMs = nextMs;
      cancel();
      arm(Math.max(0, heardMs + allowedMs - clock.now()));
    },
    stop() {
      cancel();
    },
  };
}
