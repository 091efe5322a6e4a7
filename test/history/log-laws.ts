import type { LoggedEvent, Violation } from './history.ts';
import { versionOfCursor } from './history.ts';

const LEADS_TO: Readonly<Record<string, readonly string[]>> = {
  '': ['minted', 'opened', 'revoked'],
  minted: ['scanned', 'cancelled', 'expired'],
  scanned: ['confirmed', 'denied', 'cancelled', 'expired'],
  confirmed: ['redeemed', 'expired'],
  opened: ['refreshed', 'revoked', 'expired'],
  refreshed: ['refreshed', 'revoked', 'expired'],
};

/**
 * The log's events of one subject are one history: each version once, each behind the one it names, no stamp before the one
 * of the event before, nothing that the rules do not lead to, and none that expires before its deadline.
 */
export function wholeLog(subject: string, log: readonly LoggedEvent[]): readonly Violation[] {
  const seen: string[] = [];
  let before: LoggedEvent | undefined;
  for (const event of log) {
    const where = `${event.type} ${event.cursor}`;
    const version = (before?.version ?? 0) + 1;
    if (event.version !== version || versionOfCursor(event.cursor) !== version)
      seen.push(`${where} stands where version ${version} belongs`);
    if (event.after !== (before?.cursor ?? ''))
      seen.push(
        `${where} follows ${event.after || 'nothing'}, and stands behind ${before?.cursor ?? 'nothing'}`,
      );
    if (before !== undefined && event.at < before.at) seen.push(`${where} is stamped before what it follows`);
    if (LEADS_TO[before?.type ?? '']?.includes(event.type) !== true)
      seen.push(`${where} stands behind ${before?.type ?? 'nothing'}`);
    if (event.type === 'expired' && before !== undefined && event.at < before.deadline)
      seen.push(`${where} is stamped ${before.deadline - event.at} ms before the deadline`);
    before = event;
  }
  return seen.map((what) => ({ law: 'whole log', subject, seen: what }));
}
