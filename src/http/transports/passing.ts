import { NewerSchema } from '../../store/codec.ts';
import { StoreUnavailable } from '../../store/event-store.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { ErrorCode } from '../../ticket/error.ts';
import type { EndReason } from './transport.ts';

const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'store_unavailable',
  'not_replicated',
  'newer_schema',
  'too_many_requests',
  'draining',
]);

/** Whether an error says that the store did not answer just now, as it comes from the store or from a command. */
export function isAway(error: unknown): boolean {
  return (
    error instanceof StoreUnavailable ||
    (error instanceof ScangateError && error.code === 'store_unavailable')
  );
}

/** Whether a refusal may be another one later, or on another node. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ScangateError) return PASSING.has(error.code);
  return isAway(error) || error instanceof NewerSchema;
}

/** Why nothing is held after an error: the caller may not, or somebody else may know more. */
export function reasonOf(error: unknown): EndReason {
  return error instanceof ScangateError && !isPassing(error) ? 'not_yours' : 'elsewhere';
}

/** `away` where looking at it failed in a way that passes: for what says that otherwise than by a status. */
export async function unlessAway<R>(looking: Promise<R>): Promise<R | 'away'> {
  try {
    return await looking;
  } catch (error) {
    if (isPassing(error)) return 'away';
    throw error;
  }
}
