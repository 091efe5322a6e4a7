import type { Time } from '../../../time/time.ts';

/**
 * Reads a second that may follow one another at once. What was not read is saved up for a second at most, so a burst after
 * silence is read without waiting too.
 */
export class ReadBudget {
  readonly #perSecond: number;
  readonly #time: Time;
  #left: number;
  #at: number;

  constructor(perSecond: number, time: Time) {
    this.#perSecond = perSecond;
    this.#time = time;
    this.#left = perSecond;
    this.#at = time.now();
  }

  /** Counts one read. @returns whether the next may follow it at once. */
  spend(): boolean {
    const now = this.#time.now();
    const earned = ((now - this.#at) * this.#perSecond) / 1000;
    this.#at = now;
    this.#left = Math.min(this.#perSecond, this.#left + earned);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
