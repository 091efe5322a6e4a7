import { EventQueue } from './event-queue.ts';

/** How many events pass before Node's own event loop has a turn, for a test's limits and for people's Ctrl-C. */
const EVENTS_A_TURN = 4_096;

/** How long a simulation may be. */
export interface Bounds {
  /** Events. */
  readonly stepsMax: number;
  /** Virtual milliseconds. */
  readonly timeMaxMs: number;
}

const BOUNDS: Bounds = { stepsMax: 50_000_000, timeMaxMs: 24 * 3_600_000 };

/** A simulation that does not come to its end. */
export class OutOfBounds extends Error {}

/**
 * One virtual time for everything in a simulation. Events happen in the order of their instants; of one instant those
 * of one process keep their order, and processes take turns that the seed decides. Before the next event whatever the
 * last one set going in promises has come to rest, so that a seed replays exactly.
 */
export class Scheduler {
  readonly #queue = new EventQueue();
  readonly #seed: number;
  readonly #bounds: Bounds;
  #now = 0;
  #order = 0;
  #steps = 0;
  #lanes = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(seed: number, bounds: Partial<Bounds> = {}) {
    this.#seed = seed;
    this.#bounds = { ...BOUNDS, ...bounds };
  }

  /** Virtual milliseconds since the beginning, with a fraction. */
  get now(): number {
    return this.#now;
  }

  /** How many events have happened. */
  get steps(): number {
    return this.#steps;
  }

  /** A number for a process, by which its events keep their order. */
  newLane(): number {
    return ++this.#lanes;
  }

  /** @param lane whose event it is. @returns what takes it back. */
  at(instant: number, lane: number, call: () => void): () => void {
    const at = Math.max(this.#now, instant);
    const event = {
      at,
      tie: mix(this.#seed ^ mix(lane) ^ mix(at * 1_000)),
      order: this.#order++,
      call,
      taken: false,
    };
    this.#queue.add(event);
    return () => {
      event.taken = true;
    };
  }

  /** Lets that much time go by. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#run(() => false, end);
    this.#now = Math.max(this.#now, end);
  }

  /** Lets time go by until a promise settles. @throws OutOfBounds where it has not within the time. */
  async complete<T>(promise: Promise<T>, limitMs: number): Promise<T> {
    let settled = false;
    const seen = promise.finally(() => {
      settled = true;
    });
    seen.catch(() => {});
    await rest();
    await this.#run(() => settled, this.#now + limitMs);
    if (!settled) throw new OutOfBounds(`nothing came of it within ${limitMs} virtual milliseconds`);
    return seen;
  }

  /** Ends the simulation with an error that nobody else would hear of. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  async #run(isDone: () => boolean, end: number): Promise<void> {
    await rest();
    while (!isDone()) {
      const { first } = this.#queue;
      if (first === undefined || first.at > end) return;
      this.#queue.takeFirst();
      if (first.taken) continue;
      this.#now = first.at;
      this.#steps++;
      this.#checkBounds();
      first.call();
      await rest();
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#steps % EVENTS_A_TURN === 0) await new Promise((turn) => setImmediate(turn));
    }
  }

  #checkBounds(): void {
    const { stepsMax, timeMaxMs } = this.#bounds;
    if (this.#steps > stepsMax) throw new OutOfBounds(`more than ${stepsMax} events`);
    if (this.#now > timeMaxMs) throw new OutOfBounds(`more than ${timeMaxMs} virtual milliseconds`);
  }
}

/** Kept once all promises have come to rest: a tick comes only when no more of them has anything to do. */
function rest(): Promise<void> {
  return new Promise((resolve) => {
    queueMicrotask(() => process.nextTick(resolve));
  });
}

/** A number of 32 bits that has nothing to do with the one that is given. */
function mix(value: number): number {
  let mixed = (value ^ (value / 2 ** 32)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
