import { NotReplicated, StoreUnavailable } from '../../store/event-store.ts';
import type { StoreCall } from '../../store/measured-store.ts';

/** Calls that every node makes again and again by itself, so that a store which is back is noticed without any request. */
const REPEATED: ReadonlySet<StoreCall> = new Set(['append', 'due']);

/** Whether the last append, and the last look for what is due, got through. */
export class LastCalls {
  readonly #failing = new Set<StoreCall>();

  /** Notes how a call ended. What a replica does not have yet was written, so it is no failure. */
  note(call: StoreCall, error: unknown): void {
    if (!REPEATED.has(call)) return;
    if (error instanceof StoreUnavailable && !(error instanceof NotReplicated)) this.#failing.add(call);
    else this.#failing.delete(call);
  }

  /** Whether one of them failed the last time. */
  get isFailing(): boolean {
    return this.#failing.size > 0;
  }
}
