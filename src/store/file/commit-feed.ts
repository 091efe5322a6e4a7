import type { FeedBatch } from '../event-store.ts';
import type { Subject } from '../subject.ts';

/** How many subjects are kept for a listener that does not ask; beyond, it is told `all`. */
const UNTOLD_MAX = 10_000;

interface Listener {
  readonly untold: Set<Subject>;
  all: boolean;
  wake: () => void;
}

/** Tells this process' listeners what was committed. One process owns the folder, so there is nobody else to hear of. */
export class CommitFeed {
  readonly #listeners = new Set<Listener>();
  #ended = false;

  announce(subjects: Iterable<Subject>): void {
    for (const listener of this.#listeners) {
      for (const subject of subjects) listener.untold.add(subject);
      if (listener.untold.size > UNTOLD_MAX) {
        listener.untold.clear();
        listener.all = true;
      }
      listener.wake();
    }
  }

  /** Tells that any subject may have moved. */
  announceAll(): void {
    for (const listener of this.#listeners) {
      listener.all = true;
      listener.wake();
    }
  }

  end(): void {
    this.#ended = true;
    for (const listener of this.#listeners) listener.wake();
  }

  /** See {@link EventStore.feed}. */
  async *follow({
    signal,
    ready,
  }: {
    readonly signal: AbortSignal;
    readonly ready?: () => void;
  }): AsyncGenerator<FeedBatch, void, void> {
    if (signal.aborted) return;
    const listener: Listener = { untold: new Set(), all: false, wake: () => {} };
    const abort = (): void => listener.wake();
    signal.addEventListener('abort', abort);
    this.#listeners.add(listener);
    ready?.();
    try {
      for (;;) {
        if (signal.aborted || this.#ended) return;
        const batch = taken(listener);
        if (batch !== undefined) yield batch;
        else await new Promise<void>((resolve) => (listener.wake = resolve));
      }
    } finally {
      this.#listeners.delete(listener);
      signal.removeEventListener('abort', abort);
    }
  }
}

function taken(listener: Listener): FeedBatch | undefined {
  const { all } = listener;
  const subjects = [...listener.untold];
  listener.all = false;
  listener.untold.clear();
  if (all) return { kind: 'all' };
  return subjects.length > 0 ? { kind: 'moved', subjects } : undefined;
}
