import type { PageSessions } from '../../phone/page-session.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { User } from '../../ticket/events.ts';
import { userDigest } from './user-digest.ts';

/** Ends the approval page's sessions of a user, on whatever phone they are. */
export interface PageEnds {
  /** Ends those that began until now. @throws StoreUnavailable */
  end(user: User): Promise<void>;
  /** Whether a user's session, by its cookie's value, was ended. @throws StoreUnavailable */
  isOver(user: User, value: string): Promise<boolean>;
}

/** Remembers ends in the ledger for as long as a session lives. @param now milliseconds since the epoch. */
export function pageEnds(ledger: Ledger, sessions: PageSessions, now: () => number): PageEnds {
  const keyOf = (user: User): string => `page-sessions-ended:${userDigest(user)}`;
  return {
    async end(user) {
      const at = String(now());
      const { stored, value } = await ledger.putIfAbsent(keyOf(user), at, sessions.lifeMs);
      if (!stored) await ledger.replaceIf(keyOf(user), value, at, sessions.lifeMs);
    },
    async isOver(user, value) {
      const ended = await ledger.get(keyOf(user));
      return ended !== null && (sessions.issuedAt(value) ?? 0) <= Number(ended);
    },
  };
}
