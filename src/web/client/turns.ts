import type { Cancel } from './platform.ts';

/** One of several tries at the same thing. */
export interface Turn {
  /** Runs only while this turn lasts: what an earlier one brings late is not heard. */
  run(work: () => void): void;
  /** Lets go of something when this turn ends; at once if it has. */
  hold(cancel: Cancel): void;
}

/** Tries at the same thing, of which only the newest counts. */
export interface Turns {
  now(): Turn;
  /** Ends the turn that is now, and begins the next. */
  end(): void;
}

/** Turns, the first of which has begun. */
export function makeTurns(): Turns {
  let turn = 0;
  let release: Cancel = () => {};
  return {
    now() {
      const mine = turn;
      return {
        run(work) {
          if (mine === turn) work();
        },
        hold(cancel) {
          if (mine === turn) release = cancel;
          else cancel();
        },
      };
    },
    end() {
      turn += 1;
      const held = release;
      release = () => {};
      held();
    },
  };
}
