import { ScangateError } from '../ticket/error.ts';
import { NewerSchema } from './codec.ts';
import { NotReplicated, StoreUnavailable } from './event-store.ts';

/** Turns what a store throws into the answers that a caller may see. */
export async function withStoreErrors<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotReplicated) throw new ScangateError('not_replicated', { retryAfterMs: 1000 });
    if (error instanceof StoreUnavailable)
      throw new ScangateError('store_unavailable', { retryAfterMs: 1000 });
    if (error instanceof NewerSchema) throw new ScangateError('newer_schema', { retryAfterMs: 1000 });
    throw error;
  }
}
