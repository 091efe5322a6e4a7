import { NewerSchema } from '../store/codec.ts';
import type { Append, AppendResult, Durability, EventStore, Head } from '../store/event-store.ts';
import { MOMENTS_MAX, StoreUnavailable, cursorOfHead } from '../store/event-store.ts';
import { kindOf } from '../store/subject.ts';
import type { Subject } from '../store/subject.ts';
import { ScangateError } from '../ticket/error.ts';
import { isOverdue } from './ticket-view.ts';

/** What a command has to do at the heads it saw: appends, the first subject's first, or nothing. */
export interface Plan<R> {
  readonly batch: readonly Append[];
  /** Makes the answer from the heads as they are after the batch, and the store's time. */
  readonly answer: (heads: readonly (Head | null)[], now: number) => R;
}

/** What a command needs besides its plan. */
export interface RunOptions {
  /** Times the store is read again after a lost race or a missing answer. */
  readonly tries: number;
  readonly durability: Durability;
  /** Appends `expired` to a subject whose deadline has passed, so that no plan ever sees one. Answers its head afterwards. */
  readonly expire: (head: Head) => Promise<Head>;
}

/**
 * Load, decide, append with the expected cursor; on a conflict with the head that the store answered, decide again.
 *
 * @throws {@link ScangateError} what the plan throws; `store_unavailable`, `newer_schema`, `not_replicated`.
 */
export async function runCommand<R>(
  store: EventStore,
  subjects: readonly Subject[],
  plan: (heads: readonly (Head | null)[], now: number) => Plan<R>,
  options: RunOptions,
): Promise<R> {
  return await withStoreErrors(async () => {
    let { heads, now } = await loadAll(store, subjects);
    for (let attempt = 0; attempt < options.tries; attempt += 1) {
      heads = await Promise.all(
        heads.map(async (head) =>
          head !== null && isOverdue(head, now) ? await options.expire(head) : head,
        ),
      );
      const { batch, answer } = plan(heads, now);
      if (batch.length === 0) return answer(heads, now);
      const result = await appendSurely(store, batch, options);
      if ('moments' in result) {
        if (result.replicated === false) throw new ScangateError('not_replicated', { retryAfterMs: 1000 });
        return answer(headsAfter(subjects, heads, batch, result.moments), result.now);
      }
      if (subjects.length === 1 && result.head !== null) {
        heads = [result.head];
        now = result.now;
      } else {
        ({ heads, now } = await loadAll(store, subjects));
      }
    }
    throw new ScangateError('store_unavailable', {
      retryAfterMs: 1000,
      message: 'Too many decisions at once.',
    });
  });
}

/** Reads heads; a ticket's that is missing is looked for in the log. A session's is its record: there is no other. */
export async function loadAll(
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

/** Turns what a store throws into the answers that a caller may see. */
export async function withStoreErrors<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreUnavailable)
      throw new ScangateError('store_unavailable', { retryAfterMs: 1000 });
    if (error instanceof NewerSchema) throw new ScangateError('newer_schema', { retryAfterMs: 1000 });
    throw error;
  }
}

// An answer that did not come may stand for a write that did happen: the same batch, ids included, asks again.
async function appendSurely(
  store: EventStore,
  batch: readonly Append[],
  options: RunOptions,
): Promise<AppendResult> {
  try {
    return await store.append(batch, { durability: options.durability });
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return await store.append(batch, { durability: options.durability });
  }
}

function headsAfter(
  subjects: readonly Subject[],
  before: readonly (Head | null)[],
  batch: readonly Append[],
  moments: readonly Head['moments'][number][],
): (Head | null)[] {
  return subjects.map((subject, index) => {
    const old = before[index] ?? null;
    const at = batch.findIndex((append) => append.subject === subject);
    const append = batch[at];
    const moment = moments[at];
    if (append === undefined || moment === undefined) return old;
    return headAfter(old, append, moment);
  });
}

/** The head that an append left behind, as its writer knows it without reading again. */
export function headAfter(old: Head | null, append: Append, moment: Head['moments'][number]): Head {
  const earlier = old === null || cursorOfHead(old) !== append.expected ? [] : old.moments;
  return {
    subject: append.subject,
    version: (old?.version ?? 0) + 1,
    moments: [...earlier, moment].slice(-MOMENTS_MAX),
    first: old?.first ?? moment.at,
    status: append.head.status,
    final: append.head.final,
    schema: append.head.schema,
    blob: append.head.blob,
  };
}
