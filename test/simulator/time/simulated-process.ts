import type { Time } from '../../../src/time/time.ts';
import type { Scheduler } from './scheduler.ts';

/** When virtual time begins, in milliseconds since the epoch. */
const EPOCH_MS = Date.UTC(2030, 0, 1);

/**
 * A process on a machine of its own: it has a clock that may be wrong, it can stand still, and it can die. What happens
 * to it while it stands still happens when it goes on, in the order in which it came.
 */
export class SimulatedProcess implements Time {
  readonly name: string;
  readonly #scheduler: Scheduler;
  readonly #lane: number;
  #clockOffsetMs = 0;
  #frozen: (() => void)[] | undefined;
  /** Which of its lives this is: what an earlier one had waited for does not happen any more. */
  #life = 0;
  #isAlive = true;

  constructor(scheduler: Scheduler, name: string) {
    this.name = name;
    this.#scheduler = scheduler;
    this.#lane = scheduler.newLane();
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isFrozen(): boolean {
    return this.#frozen !== undefined;
  }

  now(): number {
    return this.#scheduler.now;
  }

  wallNow(): number {
    return Math.floor(this.preciseNow());
  }

  /** The wall clock with a fraction. */
  preciseNow(): number {
    return EPOCH_MS + this.#scheduler.now + this.#clockOffsetMs;
  }

  after(ms: number, call: () => void): () => void {
    return this.#at(this.#scheduler.now + Math.max(0, ms), call);
  }

  soon(call: () => void): void {
    this.#at(this.#scheduler.now, call);
  }

  /** Something that comes to this process from outside at an instant. */
  receive(instant: number, call: () => void): void {
    this.#at(instant, call);
  }

  /** Moves the wall clock. */
  stepClock(ms: number): void {
    this.#clockOffsetMs += ms;
  }

  freeze(): void {
    this.#frozen ??= [];
  }

  thaw(): void {
    const waiting = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const call of waiting) this.soon(call);
  }

  /** Ends this life. Nothing that it waited for happens. */
  kill(): void {
    this.#isAlive = false;
    this.#life++;
    this.#frozen = undefined;
  }

  /** Begins a new life. */
  revive(): void {
    this.#isAlive = true;
  }

  #at(instant: number, call: () => void): () => void {
    let cancelled = false;
    const life = this.#life;
    const happen = (): void => {
      if (cancelled || this.#life !== life) return;
      if (this.#frozen === undefined) call();
      else this.#frozen.push(happen);
    };
    const takeBack = this.#scheduler.at(instant, this.#lane, happen);
    return () => {
      cancelled = true;
      takeBack();
    };
  }
}
