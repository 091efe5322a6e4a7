import { createHash } from 'node:crypto';
import type { SessionCommands } from '../../command/session-commands.ts';
import type { SessionView } from '../../command/session-view.ts';
import type { Ledger } from '../../store/ledger.ts';
import { sameUser } from '../../ticket/decide.ts';
import type { User } from '../../ticket/events.ts';

/** Which sessions a user has. The ledger only helps to find them: what they are, their own events say. */
export interface UserSessions {
  /** Remembers a session that is about to open. */
  add(user: User, sid: string, lifeMs: number): Promise<void>;
  /** The user's active sessions, the one that ends last first. */
  of(user: User): Promise<readonly SessionView[]>;
  /** Lets nothing open that the user confirmed until now. What is open, goes on. */
  bar(user: User): Promise<void>;
  /** Whether something that a user confirmed at a moment, in milliseconds since the epoch, may no longer open. */
  isBarred(user: User, confirmedAt: number): Promise<boolean>;
}

/** Longer than anybody may wait between a confirmation and its redemption. */
const BAR_MS = 3_600_000;

/** The most sessions of one user that are remembered; of more, those that end first are forgotten here and go on. */
export const SESSIONS_MAX = 100;

/**
 * Keeps the list in the ledger, under a digest of who the user is.
 *
 * @param now milliseconds since the epoch.
 */
export function userSessions(ledger: Ledger, sessions: SessionCommands, now: () => number): UserSessions {
  return {
    async add(user, sid, lifeMs) {
      await ledger.addMember(setOf(user), sid, lifeMs, SESSIONS_MAX);
    },
    async of(user) {
      const sids = await ledger.members(setOf(user), SESSIONS_MAX);
      const views = await sessions.look(sids);
      return views.filter((view) => view !== null).filter((view) => isOwn(view, user));
    },
    async bar(user) {
      const [key, at] = [barOf(user), String(now())];
      const { stored, value } = await ledger.putIfAbsent(key, at, BAR_MS);
      if (!stored) await ledger.replaceIf(key, value, at, BAR_MS);
    },
    async isBarred(user, confirmedAt) {
      const at = await ledger.get(barOf(user));
      return at !== null && confirmedAt <= Number(at);
    },
  };
}

function isOwn({ session }: SessionView, user: User): boolean {
  return session.status === 'active' && session.opened !== undefined && sameUser(session.opened.user, user);
}

function setOf({ source, issuer, subject }: User): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([source, issuer, subject]))
    .digest('base64url');
  return `sessions:${digest}`;
}

function barOf(user: User): string {
  return `barred-${setOf(user)}`;
}
