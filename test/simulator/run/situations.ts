import type { TicketCall } from '../../history/history.ts';
import type { Stage } from './stage.ts';

/** How long a call that nobody answered is taken to be under way, in milliseconds. */
const UNDER_WAY_MS = 4_000;

/** Counts what can be told of a run only once it is over. */
export function countSituations({ chronicler, recorder, emptiedAt }: Stage): void {
  const writes = recorder.calls.filter(({ command }) => command !== 'read');
  for (const at of chronicler.promotedAt) {
    const isAmid = ({ invokedAt, returnedAt }: TicketCall): boolean =>
      invokedAt < at && at < Math.min(returnedAt, invokedAt + UNDER_WAY_MS);
    recorder.count('promotion amid a write', writes.filter(isAmid).length);
    const isRepeated = (first: TicketCall): boolean =>
      first.outcome.kind === 'unknown' &&
      first.invokedAt < at &&
      writes.some((second) => isSame(first, second) && second.invokedAt > at);
    recorder.count('retry across a term', writes.filter(isRepeated).length);
  }
  recorder.count('all data gone', emptiedAt.length);
}

function isSame(one: TicketCall, other: TicketCall): boolean {
  return one.ticket === other.ticket && one.command === other.command && one.actor === other.actor;
}
