import type { FeedBatch } from '../../event-store.ts';
import type { Subject } from '../../subject.ts';

/** How many subjects wait for one listener before they become `all`. */
const PENDING_MAX = 10_000;

/** One reader of the feed: subjects gather here while it is busy, each once. */
export class FeedListener {
  #pending = new Set<Subject>();
  #traces: Map<Subject, string> | undefined;
  #all = false;
  #ended = false;
  #wake: (() => void) | undefined;

  /** @param traces whose append some of them moved by. */
  moved(subjects: Iterable<Subject>, traces?: ReadonlyMap<Subject, string>): void {
    if (this.#all) return;
    for (const subject of subjects) this.#pending.add(subject);
    for (const [subject, trace] of traces ?? []) (this.#traces ??= new Map()).set(subject, trace);
    if (this.#pending.size > PENDING_MAX) this.everything();
    else this.#wake?.();
  }

  everything(): void {
    this.#all = true;
    this.#pending = new Set();
    this.#traces = undefined;
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** The next batch; undefined once it ended. */
  async next(): Promise<FeedBatch | undefined> {
    while (!this.#ended) {
      if (this.#all) {
        this.#all = false;
        return { kind: 'all' };
      }
      if (this.#pending.size > 0) {
        const subjects = [...this.#pending];
        const traces = this.#traces;
        this.#pending = new Set();
        this.#traces = undefined;
        return { kind: 'moved', subjects, ...(traces === undefined ? {} : { traces }) };
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return undefined;
  }
}
