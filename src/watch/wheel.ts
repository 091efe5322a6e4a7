/** Something with a time at which it wants to be called. It is in the wheel at most once. */
export interface Due {
  /** Called once, synchronously, unless cancelled before; it must not throw. */
  due(): void;
}

/**
 * One timer for everything that waits: entries are put into slots of `tickMs`, so a waiting connection costs a map
 * entry and no timer of its own. An entry comes due up to one tick late, never early.
 */
export class Wheel {
  readonly #tickMs: number;
  readonly #now: () => number;
  readonly #slots = new Map<number, Set<Due>>();
  readonly #slotOf = new Map<Due, number>();
  #turned: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param now a monotonic clock in milliseconds. */
  constructor(tickMs: number, now: () => number) {
    this.#tickMs = tickMs;
    this.#now = now;
    this.#turned = Math.floor(now() / tickMs);
  }

  /** How many entries wait. */
  get size(): number {
    return this.#slotOf.size;
  }

  /** Calls `entry.due()` in `ms` milliseconds, in place of an earlier wish of the same entry. */
  after(ms: number, entry: Due): void {
    this.cancel(entry);
    if (this.#timer === undefined) this.#start();
    const slot = Math.floor((this.#now() + Math.max(0, ms)) / this.#tickMs) + 1;
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
    this.#turned = Math.floor(this.#now() / this.#tickMs);
    this.#timer = setInterval(() => this.#turn(), this.#tickMs);
    this.#timer.unref();
  }

  #turn(): void {
    const present = Math.floor(this.#now() / this.#tickMs);
    for (; this.#turned < present; this.#turned += 1) {
      const entries = this.#slots.get(this.#turned + 1);
      if (entries === undefined) continue;
      this.#slots.delete(this.#turned + 1);
      for (const entry of entries) {
        this.#slotOf.delete(entry);
        entry.due();
      }
    }
    if (this.#slotOf.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}
