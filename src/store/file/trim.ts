import { deadlineOf } from '../event-store.ts';
import type { StoreSettings } from '../store-settings.ts';
import type { Environment } from './disk/environment.ts';
import { headKey, ledgerKeyOfEnd, logKeyOfAge, subjectOfAgenda, timeOf, timeRange } from './keys.ts';
import { endOf } from './ledger-record.ts';
import { headOf } from './record.ts';
import type { Turn } from './writer.ts';

/**
 * Takes out what nobody can ask for any more, at most `limit` of each kind: log entries older than the longest life
 * and the history, heads whose deadline is over by the history, ledger entries that have ended. It is done with each
 * commit, twice as much as that commit can have added, so it keeps up.
 */
export function trim(
  { draft, now }: Pick<Turn, 'draft' | 'now'>,
  keys: Environment['keys'],
  { historyMs, lifeMaxMs }: StoreSettings,
  limit: number,
): void {
  for (const key of keys(timeRange('t', 0, now - historyMs - lifeMaxMs), limit)) {
    draft.remove(key);
    draft.remove(logKeyOfAge(key));
  }
  for (const kind of ['d', 'x'] as const) {
    for (const key of keys(timeRange(kind, 0, now - historyMs), limit)) {
      const subject = subjectOfAgenda(key);
      const record = draft.get(headKey(subject));
      draft.remove(key);
      if (record === undefined) continue;
      if (deadlineOf(headOf(subject, record)) === timeOf(key)) draft.remove(headKey(subject));
    }
  }
  for (const key of keys(timeRange('z', 0, now), limit)) {
    const record = draft.get(ledgerKeyOfEnd(key));
    draft.remove(key);
    if (record === undefined) continue;
    if (endOf(record) === timeOf(key)) draft.remove(ledgerKeyOfEnd(key));
  }
}
