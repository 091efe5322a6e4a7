import { cursorOfHead } from '../store/event-store.ts';
import type { Head } from '../store/event-store.ts';
import type { Subject } from '../store/subject.ts';
import type { Cursor } from '../ticket/cursor.ts';
import type { Hub, Watcher } from './hub.ts';
import type { Present, Reading, Told } from './present.ts';
import type { Due, Wheel } from './wheel.ts';

/** What all watchers of a process share. Durations in milliseconds. */
export interface WatchShared {
  readonly hub: Hub;
  readonly wheel: Wheel;
  /** A watcher reads again after a random time between these, woken or not. */
  readonly recheckMinMs: number;
  readonly recheckMaxMs: number;
  /** While the store is away, a watcher asks again about this often. */
  readonly awayMs: number;
  /** 0 ≤ random < 1. */
  readonly random: () => number;
  /** Told of what was odd: a past that was lost, a move that only the recheck noticed, a store that is away. */
  readonly onOdd?: (what: 'reset' | 'missed' | 'away') => void;
}

/** What the first reading of a watch found: a state to tell, nothing newer than `after`, the end, or no subject at all. */
export type First<T> = Told<T> | 'unchanged' | 'ended' | 'absent';

/**
 * The states of a subject as they become true, the newest first come: whoever asks slowly skips what is outdated. It
 * ends after a state that ends the watch, or when closed. {@link SubjectWatch.first} must be asked once, before the
 * iteration; it alone throws when the store is away, afterwards the watch waits and asks again.
 */
export class SubjectWatch<T> implements AsyncIterableIterator<Told<T>>, Watcher, Due {
  readonly #shared: WatchShared;
  readonly #present: Present<T>;
  readonly #subject: Subject;
  #known: Cursor | undefined;
  #raised = true;
  #closed = false;
  #resume: (() => void) | undefined;

  constructor(shared: WatchShared, present: Present<T>, subject: Subject, after: Cursor | undefined) {
    this.#shared = shared;
    this.#present = present;
    this.#subject = subject;
    this.#known = after;
    shared.hub.add(subject, this);
  }

  /** The first reading. @param admit looks at the head before anything is told, and throws where the caller may not. */
  async first(admit: (head: Head) => void): Promise<First<T>> {
    this.#raised = false;
    const reading = await this.#present.load(this.#subject);
    if (reading === null) return this.#end('absent');
    admit(reading.head);
    if (this.#known !== undefined && this.#present.ends(reading.head).includes(this.#known))
      return this.#end('ended');
    const told = this.#newer(reading);
    if (told?.end === true) this.close();
    return told ?? 'unchanged';
  }

  async next(): Promise<IteratorResult<Told<T>, undefined>> {
    let wait = 0;
    while (!this.#closed) {
      if (wait > 0) await this.#sleep(wait);
      if (this.#closed) break;
      // Cleared before the read, never after: a move during the read raises it again.
      const woken = this.#raised;
      this.#raised = false;
      const reading = await this.#load();
      if (reading === 'away') {
        wait = this.#shared.awayMs * (0.5 + this.#shared.random());
        continue;
      }
      const told = reading === null ? this.#present.gone(this.#subject) : this.#newer(reading);
      if (told !== undefined) {
        if (!woken && wait > 0 && !told.end) this.#shared.onOdd?.('missed');
        if (told.end) this.close();
        return { value: told, done: false };
      }
      wait = this.#waitMs(reading);
    }
    return { value: undefined, done: true };
  }

  return(): Promise<IteratorResult<Told<T>, undefined>> {
    this.close();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends the watch from outside: the client is gone, or the node goes. Leaves nothing behind. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#shared.hub.remove(this.#subject, this);
    this.due();
  }

  wake(): void {
    this.#raised = true;
    this.due();
  }

  due(): void {
    this.#shared.wheel.cancel(this);
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  #end<F extends First<T>>(found: F): F {
    this.close();
    return found;
  }

  #newer(reading: Reading): Told<T> | undefined {
    const { head } = reading;
    if (this.#known === cursorOfHead(head)) return undefined;
    const reset = this.#known !== undefined && !head.moments.some((moment) => moment.id === this.#known);
    if (reset) this.#shared.onOdd?.('reset');
    const told = this.#present.tell(reading, reset);
    this.#known = told.cursor;
    return told;
  }

  async #load(): Promise<Reading | null | 'away'> {
    try {
      return await this.#present.load(this.#subject);
    } catch {
      this.#shared.onOdd?.('away');
      return 'away';
    }
  }

  #waitMs(reading: Reading | null): number {
    const { recheckMinMs, recheckMaxMs, random } = this.#shared;
    const recheck = recheckMinMs + random() * (recheckMaxMs - recheckMinMs);
    const moves = reading === null ? undefined : this.#present.movesInMs(reading);
    return Math.max(1, Math.min(recheck, moves ?? recheck));
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#raised) return;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
      this.#shared.wheel.after(ms, this);
    });
  }
}
