import type { Time } from '../../src/time/time.ts';

interface Waiting {
  readonly at: number;
  readonly call: () => void;
}

/** A time that moves only when a test says so. Its wall clock begins at the epoch. */
export class VirtualTime implements Time {
  #now: number;
  #waiting: Waiting[] = [];

  constructor(startMs = 0) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), call };
    this.#waiting.push(timer);
    return () => this.#forget(timer);
  }

  soon(call: () => void): void {
    this.after(0, call);
  }

  /** How many calls wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** When the next call is due; undefined where none waits. */
  get next(): number | undefined {
    return this.#dueBy(Infinity)?.at;
  }

  /** Lets time go on, and calls what comes due on the way, in its order. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#dueBy(end); next !== undefined; next = this.#dueBy(end)) {
      this.#now = Math.max(this.#now, next.at);
      this.#forget(next);
      next.call();
    }
    this.#now = end;
  }

  /** Like {@link pass}, but what was called gets its turn (reads of a store in memory, say) before time goes on. */
  async passSlowly(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (let next = this.#dueBy(end); next !== undefined; next = this.#dueBy(end)) {
      this.pass(next.at - this.#now);
      await new Promise((turn) => setImmediate(turn));
    }
    this.pass(end - this.#now);
    await new Promise((turn) => setImmediate(turn));
  }

  /** Time goes on, and nothing is called: a process that stood still. What came due is called by the next {@link pass}. */
  standStill(ms: number): void {
    this.#now += ms;
  }

  #dueBy(end: number): Waiting | undefined {
    return this.#waiting.filter(({ at }) => at <= end).toSorted((one, other) => one.at - other.at)[0];
  }

  #forget(timer: Waiting): void {
    this.#waiting = this.#waiting.filter((other) => other !== timer);
  }
}
