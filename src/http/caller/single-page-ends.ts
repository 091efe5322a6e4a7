import { createHash } from 'node:crypto';
import type { PageSessions } from '../../phone/page-session.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { PageEnds } from './page-ends.ts';

/** Ends a user's page sessions, or one of them: what a copy of its cookie opens ends with it. */
export interface SinglePageEnds extends PageEnds {
  /** Ends the one session of a cookie's value. @throws StoreUnavailable */
  endOne(value: string): Promise<void>;
}

/** Adds to the ends of users those of single sessions, remembered in the ledger for as long as one lives. */
export function singlePageEnds(ends: PageEnds, ledger: Ledger, sessions: PageSessions): SinglePageEnds {
  const keyOf = (value: string): string =>
    `page-session-ended:${createHash('sha256').update(value).digest('base64url')}`;
  return {
    round: (user) => ends.round(user),
    end: (user) => ends.end(user),
    async endOne(value) {
      await ledger.putIfAbsent(keyOf(value), '1', sessions.lifeMs);
    },
    async isOver(user, value) {
      const [all, one] = await Promise.all([ends.isOver(user, value), ledger.get(keyOf(value))]);
      return all || one !== null;
    },
  };
}
