import type { Subject } from '../store/subject.ts';

/** Who is to be woken when a subject moves. */
export interface Watcher {
  /**
   * Called at most once per move, synchronously; it must not throw.
   *
   * @param traceparent the reading that noticed the move, where that is traced.
   */
  wake(traceparent?: string): void;
}

/**
 * Which watchers of this process wait for which subject. It carries no content: a wake-up only says that there may be
 * something to read.
 */
export class Hub {
  readonly #watchers = new Map<Subject, Watcher | Set<Watcher>>();
  #count = 0;

  /** How many watchers there are. */
  get size(): number {
    return this.#count;
  }

  /** The subjects that anyone waits for. */
  subjects(): IterableIterator<Subject> {
    return this.#watchers.keys();
  }

  /** Whether anyone waits for a subject. */
  has(subject: Subject): boolean {
    return this.#watchers.has(subject);
  }

  add(subject: Subject, watcher: Watcher): void {
    const known = this.#watchers.get(subject);
    if (known === undefined) this.#watchers.set(subject, watcher);
    else if (known instanceof Set) known.add(watcher);
    else this.#watchers.set(subject, new Set([known, watcher]));
    this.#count += 1;
  }

  remove(subject: Subject, watcher: Watcher): void {
    const known = this.#watchers.get(subject);
    if (known === watcher) this.#watchers.delete(subject);
    else if (!(known instanceof Set) || !known.delete(watcher)) return;
    else if (known.size === 0) this.#watchers.delete(subject);
    this.#count -= 1;
  }

  /** Wakes everyone who waits for a subject. @param traceparent as {@link Watcher.wake} takes it. */
  wake(subject: Subject, traceparent?: string): void {
    const known = this.#watchers.get(subject);
    if (known === undefined) return;
    if (!(known instanceof Set)) known.wake(traceparent);
    else for (const watcher of known) watcher.wake(traceparent);
  }
}
