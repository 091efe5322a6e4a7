import { StoreUnavailable } from '../store/event-store.ts';
import { ScangateError } from '../ticket/error.ts';

/** Whether an error says that the store did not answer just now, as it comes from the store or from a command. */
export function isAway(error: unknown): boolean {
  return (
    error instanceof StoreUnavailable ||
    (error instanceof ScangateError && error.code === 'store_unavailable')
  );
}
