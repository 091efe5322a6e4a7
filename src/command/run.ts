import type { Append, AppendResult, EventStore, Head, Moment } from '../store/event-store.ts';
import { NotReplicated, StoreUnavailable } from '../store/event-store.ts';
import { withStoreErrors } from '../store/store-errors.ts';
import { kindOf } from '../store/subject.ts';
import type { Subject } from '../store/subject.ts';
import { ScangateError } from '../ticket/error.ts';

/** What a command decided at what it saw. */
export interface Decision<R> {
  /** What is to be written, the first subject's first; empty: nothing. */
  readonly batch: readonly Append[];
  /** Makes the answer. @param moments one per append. @param now the store's time after the batch. */
  readonly answer: (moments: readonly Moment[], now: number) => R;
}

/** How a command reads what it is about, and how often it tries. */
export interface RunOptions<V> {
  /** Reads it as it is now; what is overdue is expired first, so that no decision ever sees that. */
  readonly load: () => Promise<V>;
  /** The same from the head that the store answered a lost race with. Absent: one head is not the whole of it. */
  readonly fromHead?: (head: Head, now: number) => Promise<V>;
  /** Times the store is asked again after a lost race or a missing answer. */
  readonly tries: number;
}

/**
 * Load, decide, append with the expected cursor; on a conflict with the head that the store answered, decide again.
 *
 * @param start what a request has read already: then it is not read again. Undefined: nothing.
 * @throws {@link ScangateError} what `decide` throws; `store_unavailable`, `newer_schema`, `not_replicated`.
 */
export async function runCommand<V, R>(
  store: EventStore,
  start: V | undefined,
  decide: (seen: V) => Decision<R> | Promise<Decision<R>>,
  options: RunOptions<V>,
): Promise<R> {
  return await withStoreErrors(async () => {
    let seen = start === undefined ? await options.load() : start;
    for (let attempt = 0; attempt < options.tries; attempt += 1) {
      const { batch, answer } = await decide(seen);
      if (batch.length === 0) return answer([], 0);
      const result = await appendSurely(store, batch);
      if ('moments' in result) {
        return answer(result.moments, result.now);
      }
      seen =
        options.fromHead === undefined || result.head === null
          ? await options.load()
          : await options.fromHead(result.head, result.now);
    }
    throw new ScangateError('store_unavailable', {
      retryAfterMs: 1000,
      message: 'Too many decisions at once.',
    });
  });
}

/** Reads heads; a ticket's that is missing is looked for in the log. A session's is its record: there is no other. */
export async function loadHeads(
  store: EventStore,
  subjects: readonly Subject[],
): Promise<{ heads: (Head | null)[]; now: number }> {
  const { heads, now } = await store.read(subjects);
  const found = await Promise.all(
    heads.map(async (head, index) => {
      const subject = subjects[index];
      if (head !== null || subject === undefined || kindOf(subject) !== 'ticket') return head;
      return await store.rebuild(subject);
    }),
  );
  return { heads: found, now };
}

// An answer that did not come may stand for a write that did happen: the same batch, ids included, asks again.
async function appendSurely(store: EventStore, batch: readonly Append[]): Promise<AppendResult> {
  try {
    return await store.append(batch);
  } catch (error) {
    if (!(error instanceof StoreUnavailable) || error instanceof NotReplicated) throw error;
    return await store.append(batch);
  }
}
