import type { Time } from '../time/time.ts';

/** Something with a time at which it wants to be called. It is in the wheel at most once. */
export interface Due {
  /** Called once, synchronously, unless cancelled before; it must not throw. */
  due(): void;
}

/** A fair `tickMs`: fine enough for heartbeats, and twenty turns a second cost nothing. */
export const TICK_MS = 50;

/** Where an entry waits. */
interface Place {
  /** The slot that it lies in. */
  slot: number;
  /** The slot that it is due in: then or later. */
  dueSlot: number;
}

/**
 * One timer for everything that waits: entries are put into slots of `tickMs`, so a waiting connection costs a map
 * entry and no timer of its own. An entry comes due up to two ticks late, never early. One that is put off, as a connection
 * is with each request, stays where it lies, and moves once its slot is there.
 */
export class Wheel {
  readonly #tickMs: number;
  readonly #time: Time;
  readonly #slots = new Map<number, Set<Due>>();
  readonly #places = new Map<Due, Place>();
  #turned: number;
  #isTurning = false;

  constructor(tickMs: number, time: Time) {
    this.#tickMs = tickMs;
    this.#time = time;
    this.#turned = Math.floor(time.now() / tickMs);
  }

  /** How many entries wait. */
  get size(): number {
    return this.#places.size;
  }

  /** Calls `entry.due()` in `ms` milliseconds, in place of an earlier wish of the same entry. */
  after(ms: number, entry: Due): void {
    if (!this.#isTurning) this.#start();
    const dueSlot = Math.max(Math.ceil((this.#time.now() + ms) / this.#tickMs), this.#turned + 1);
    const place = this.#places.get(entry);
    if (place === undefined) {
      this.#places.set(entry, { slot: dueSlot, dueSlot });
      this.#lay(entry, dueSlot);
      return;
    }
    place.dueSlot = dueSlot;
    if (place.slot <= dueSlot) return;
    this.#lift(entry, place.slot);
    place.slot = dueSlot;
    this.#lay(entry, dueSlot);
  }

  cancel(entry: Due): void {
    const place = this.#places.get(entry);
    if (place === undefined) return;
    this.#places.delete(entry);
    this.#lift(entry, place.slot);
  }

  #lay(entry: Due, slot: number): void {
    const entries = this.#slots.get(slot);
    if (entries === undefined) this.#slots.set(slot, new Set([entry]));
    else entries.add(entry);
  }

  #lift(entry: Due, slot: number): void {
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
    this.#isTurning = this.#places.size > 0;
    if (this.#isTurning) this.#time.after(this.#tickMs, () => this.#turn());
  }

  #ring(slot: number): void {
    const entries = this.#slots.get(slot);
    if (entries === undefined) return;
    this.#slots.delete(slot);
    for (const entry of entries) {
      const place = this.#places.get(entry);
      // An entry before it may have cancelled this one, or put it back anew.
      if (place === undefined || place.slot !== slot) continue;
      if (place.dueSlot > slot) {
        place.slot = place.dueSlot;
        this.#lay(entry, place.dueSlot);
        continue;
      }
      this.#places.delete(entry);
      entry.due();
    }
  }
}
