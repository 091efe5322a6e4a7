import type { PageSessions } from '../../phone/page-session.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { User } from '../../ticket/events.ts';
import { userDigest } from './user-digest.ts';

/** Ends the approval page's sessions of a user, on whatever phone they are. */
export interface PageEnds {
  /** What a session of a user that begins now is issued in; undefined: they never ended any. @throws StoreUnavailable */
  round(user: User): Promise<string | undefined>;
  /** Ends those that began until now. @throws StoreUnavailable */
  end(user: User): Promise<void>;
  /** Whether a user's session, by its cookie's value, was ended. @throws StoreUnavailable */
  isOver(user: User, value: string): Promise<boolean>;
}

/**
 * Remembers in the ledger, for as long as a session lives, in which round a user's sessions are. An end begins another one: no
 * clock says what was before it, for nodes' clocks differ.
 *
 * @param makeId makes 128 random bits in base64url.
 */
export function pageEnds(ledger: Ledger, sessions: PageSessions, makeId: () => string): PageEnds {
  const keyOf = (user: User): string => `page-sessions-ended:${userDigest(user)}`;
  return {
    async round(user) {
      return (await ledger.get(keyOf(user))) ?? undefined;
    },
    async end(user) {
      const [key, round] = [keyOf(user), makeId()];
      const { stored, value } = await ledger.putIfAbsent(key, round, sessions.lifeMs);
      // Where another end was quicker, its round ends the same sessions.
      if (!stored) await ledger.replaceIf(key, value, round, sessions.lifeMs);
    },
    async isOver(user, value) {
      const round = await ledger.get(keyOf(user));
      return round !== null && sessions.roundOf(value) !== round;
    },
  };
}
