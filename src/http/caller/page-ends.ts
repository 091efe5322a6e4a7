import { PAGE_SESSION_LIFE_MAX_MS } from '../../phone/page-session.ts';
import type { PageSessions } from '../../phone/page-session.ts';
import { StoreUnavailable } from '../../store/event-store.ts';
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

/** How often a round is begun in place of one whose time is just up. */
const TRIES_MAX = 3;

/** A day more than a session may live: a node's clock may let one live longer than the store's does. */
const KEPT_MS = PAGE_SESSION_LIFE_MAX_MS + 86_400_000;

/**
 * Remembers in the ledger in which round a user's sessions are, for longer than any may live, whatever life is set where the end
 * comes from. An end begins another round: no clock says what was before it, for nodes' clocks differ.
 *
 * @param makeId makes 128 random bits in base64url.
 */
export function pageEnds(ledger: Ledger, sessions: PageSessions, makeId: () => string): PageEnds {
  return {
    async round(user) {
      return (await ledger.get(keyOf(user))) ?? undefined;
    },
    end: (user) => endPageSessions(ledger, makeId, user),
    async isOver(user, value) {
      const round = await ledger.get(keyOf(user));
      return round !== null && sessions.roundOf(value) !== round;
    },
  };
}

/** Begins another round of a user's page sessions: see {@link PageEnds.end}. */
export async function endPageSessions(ledger: Ledger, makeId: () => string, user: User): Promise<void> {
  const [key, round] = [keyOf(user), makeId()];
  for (let tries = TRIES_MAX; tries > 0; tries--) {
    const { stored, value } = await ledger.putIfAbsent(key, round, KEPT_MS);
    if (stored || (await ledger.replaceIf(key, value, round, KEPT_MS))) return;
    // Where another end was quicker, its round ends the same sessions. A round whose time was up ends none.
    if ((await ledger.get(key)) !== null) return;
  }
  throw new StoreUnavailable('a round of page sessions did not begin');
}

function keyOf(user: User): string {
  return `page-sessions-ended:${userDigest(user)}`;
}
