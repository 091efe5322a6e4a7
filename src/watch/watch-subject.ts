import { cursorOfHead } from '../store/event-store.ts';
import type { Subject } from '../store/subject.ts';
import type { Delivery, Tracing } from '../telemetry/tracing/tracing.ts';
import type { Cursor } from '../ticket/cursor.ts';
import type { Hub, Watcher } from './hub.ts';
import type { Present, SubjectView, Told } from './present.ts';
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
  /** Whether what {@link Present.load} threw passes by itself: the watch asks again. Anything else ends it. */
  readonly isAway: (error: unknown) => boolean;
  /** Told of what was odd: a past that was lost, a move that only the recheck noticed, a store that is away. */
  readonly onOdd?: (what: 'reset' | 'missed' | 'away') => void;
  /** Told of each move that the feed named: how long after it happened it is told on, in milliseconds of the store's clock. */
  readonly onTold?: (lagMs: number) => void;
  /** Traces each move from here to its connection; undefined: nothing is traced. */
  readonly tracing?: Pick<Tracing, 'deliver'> | undefined;
}

/** What the first reading of a watch found: a state to tell, nothing newer than `after`, the end, or no subject at all. */
export type First<T> = Told<T> | 'unchanged' | 'ended' | 'absent';

/**
 * The states of a subject as they become true, the newest first come: whoever asks slowly skips what is outdated. It
 * ends after a state that ends the watch, or when closed. {@link SubjectWatch.first} must be asked once, before the
 * iteration. It throws whatever the store does; afterwards a store that is away is waited for, and other errors end
 * the watch and are thrown. One caller iterates, one step at a time.
 */
export class SubjectWatch<T> implements AsyncIterableIterator<Told<T>>, Watcher, Due {
  readonly #shared: WatchShared;
  readonly #present: Present<T>;
  readonly #subject: Subject;
  #known: Cursor | undefined;
  #waitMs = 0;
  #raised = false;
  /** The feed named a move that could not be read, for the store was away. */
  #isOwed = false;
  #delivery: Delivery | undefined;
  #closed = false;
  #resume: (() => void) | undefined;

  constructor(shared: WatchShared, present: Present<T>, subject: Subject, after: Cursor | undefined) {
    this.#shared = shared;
    this.#present = present;
    this.#subject = subject;
    this.#known = after;
    shared.hub.add(subject, this);
  }

  /** The first reading. @param admit looks at the view before anything is told, and throws where the caller may not. */
  async first(admit: (view: SubjectView) => void): Promise<First<T>> {
    try {
      const view = await this.#present.load(this.#subject);
      if (view === null) return this.#end('absent');
      admit(view);
      if (this.#known !== undefined && this.#present.ends(view).includes(this.#known))
        return this.#end('ended');
      return this.#judge(view) ?? 'unchanged';
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async next(): Promise<IteratorResult<Told<T>, undefined>> {
    for (;;) {
      if (!this.#raised && !this.#closed) await this.#sleep();
      if (this.#closed) return { value: undefined, done: true };
      // Cleared before the read, never after: a move during the read raises it again.
      const woken = this.#raised || this.#isOwed;
      const before = this.#takeDelivery();
      this.#raised = false;
      const told = await this.#look(woken);
      this.#isOwed = told === 'away' && woken;
      if (told === 'away') this.#delivery ??= before;
      if (told === 'away' || told === undefined) continue;
      if (!woken && !told.end) this.#shared.onOdd?.('missed');
      // After a failover all are woken, and one that reads already may be told before the feed names the move.
      const delivery = before ?? this.#takeDelivery();
      return { value: delivery === undefined ? told : { ...told, delivery }, done: false };
    }
  }

  #takeDelivery(): Delivery | undefined {
    const delivery = this.#delivery;
    this.#delivery = undefined;
    return delivery;
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

  wake(traceparent?: string): void {
    this.#raised = true;
    if (traceparent !== undefined) this.#delivery = this.#shared.tracing?.deliver(traceparent);
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

  async #look(woken: boolean): Promise<Told<T> | 'away' | undefined> {
    try {
      const view = await this.#present.load(this.#subject);
      if (view === null) return this.#end(this.#present.gone(this.#subject));
      const told = this.#judge(view);
      if (woken && told !== undefined)
        this.#shared.onTold?.(view.now - (view.head.moments.at(-1)?.at ?? view.now));
      return told;
    } catch (error) {
      if (!this.#shared.isAway(error)) {
        this.close();
        throw error;
      }
      this.#shared.onOdd?.('away');
      this.#waitMs = this.#shared.awayMs * (0.5 + this.#shared.random());
      return 'away';
    }
  }

  #judge(view: SubjectView): Told<T> | undefined {
    const { head } = view;
    this.#waitMs = this.#untilNext(view);
    if (this.#known === cursorOfHead(head)) return undefined;
    const reset = this.#known !== undefined && !head.moments.some((moment) => moment.id === this.#known);
    if (reset) this.#shared.onOdd?.('reset');
    const told = this.#present.told(view, reset);
    this.#known = told.cursor;
    if (told.end) this.close();
    return told;
  }

  #untilNext(view: SubjectView): number {
    const { recheckMinMs, recheckMaxMs, random } = this.#shared;
    const recheck = recheckMinMs + random() * (recheckMaxMs - recheckMinMs);
    return Math.max(1, Math.min(recheck, this.#present.movesInMs(view) ?? recheck));
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
      this.#shared.wheel.after(this.#waitMs, this);
    });
  }
}
