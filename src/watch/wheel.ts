import type { Time } from '../time/time.ts';

/** Something with a time at which it wants to be called. It is in the wheel at most once. */
export interface Due {
  /** Called once, synchronously, unless cancelled before; it must not throw. */
  due(): void;
}

/** A fair `tickMs`: fine enough for heartbeats, and twenty turns a second cost nothing. */
export const TICK_MS = 50;

/**
 * One timer for everything that waits: entries are put into slots of `tickMs`, so a waiting connection costs a map
 * entry and no timer of its own. An entry comes due up to two ticks late, never early.
 */
export class Wheel {
  readonly #tickMs: number;
  readonly #time: Time;
  readonly #slots = new Map<number, Set<Due>>();
  readonly #slotOf = new Map<Due, number>();
  #turned: number;
  #isTurning = false;

  constructor(tickMs: number, time: Time) {
    this.#tickMs = tickMs;
    this.#time = time;
    this.#turned = Math.floor(time.now() / tickMs);
  }

  /** How many entries wait. */
  get size(): number {
    return this.#slotOf.size;
  }

  /** Calls `entry.due()` in `ms` milliseconds, in place of an earlier wish of the same entry. */
  after(ms: number, entry: Due): void {
    this.cancel(entry);
    if (!this.#isTurning) this.#start();
    const slot = Math.max(Math.ceil((this.#time.now() + ms) / this.#tickMs), this.#turned + 1);
    const known = this.#slots.get(slot);
    if (known === undefined) this.#slots.set(slot, new Set([entry]));
    else known.add(entry);
    this.#slotOf.set(entry, slot);
  }

  cancel(entry: Due): void {
    const slot = this.#slotOf.get(entry);
    if (slot === undefined) return;
    this.#slotOf.delete(entry);
    const entries = this.#slots.get(slot);
    entries?.delete(entry);
    if (entries?.size === 0) this.#slots.delete(slot);
  }

  #start(): void {
    this.#turned = Math.floor(this.#time.now() / this.#tickMs);
    this.#isTurning = true;
    this.#time.after(this.#tickMs, () => this.#turn());
  }

  #turn(): void {
    const present = Math.floor(this.#time.now() / this.#tickMs);
    while (this.#turned < present) {
      this.#turned += 1;
      this.#ring(this.#turned);
    }
    this.#isTurning = this.#slotOf.size > 0;
    if (this.#isTurning) this.#time.after(this.#tickMs, () => this.#turn());
  }

  #ring(slot: number): void {
    const entries = this.#slots.get(slot);
    if (entries === undefined) return;
    this.#slots.delete(slot);
    for (const entry of entries) {
      // An entry before it may have cancelled or moved this one.
      if (this.#slotOf.get(entry) !== slot) continue;
      this.#slotOf.delete(entry);
      entry.due();
    }
  }
}
