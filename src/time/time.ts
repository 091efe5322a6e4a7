/**
 * The time of a process. It is handed in wherever something waits or is measured, so that a simulation can hand in one of
 * its own. Milliseconds throughout.
 */
export interface Time {
  /** A monotonic clock; its zero means nothing. */
  now(): number;
  /** The wall clock: milliseconds since the epoch. It may step back. */
  wallNow(): number;
  /**
   * Calls once, not before `ms` have passed.
   *
   * @returns what takes the call back; it may be used at any time, and more than once. Until then a process stays alive.
   */
  after(ms: number, call: () => void): () => void;
  /** Calls once, as soon as what runs now has come to its end. */
  soon(call: () => void): void;
}

/** Kept after `ms`, or as soon as the signal aborts. */
export function sleep(time: Time, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = time.after(ms, done);
    signal?.addEventListener('abort', done);
  });
}

/** Calls again and again, `ms` apart, for the first time after `ms`. @returns what ends it. */
export function every(time: Time, ms: number, call: () => void): () => void {
  let ended = false;
  let cancel = (): void => undefined;
  const wait = (): void => {
    cancel = time.after(ms, () => {
      call();
      if (!ended) wait();
    });
  };
  wait();
  return () => {
    ended = true;
    cancel();
  };
}

/** The promise's own outcome, or the error where it takes longer than `ms`. */
export async function within<T>(time: Time, ms: number, promise: Promise<T>, late: () => Error): Promise<T> {
  let cancel = (): void => undefined;
  const end = new Promise<never>((_resolve, reject) => {
    cancel = time.after(ms, () => reject(late()));
  });
  return Promise.race([promise, end]).finally(cancel);
}
