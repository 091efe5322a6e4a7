import { hash } from 'node:crypto';
import type { SessionCommands } from '../../command/session-commands.ts';
import type { SessionView } from '../../command/session-view.ts';
import type { Ledger } from '../../store/ledger.ts';
import { ScangateError } from '../../ticket/error.ts';
import { sameUser } from '../../ticket/decide.ts';
import type { User } from '../../ticket/events.ts';
import { SESSION_LIFE_MAX_MS } from '../clients/client.ts';

/** Which sessions a user has. The ledger only helps to find them: what they are, their own events say. */
export interface UserSessions {
  /** Remembers a session that is about to open. */
  add(user: User, sid: string, lifeMs: number): Promise<void>;
  /** The user's active sessions, the one that ends last first; at most {@link SHOWN_MAX}. */
  of(user: User): Promise<readonly SessionView[]>;
  /**
   * Ends all that the user opened until now, and lets nothing open that the user confirmed until now. What the list has
   * lost, or never could hold, is {@link isBarred} from then on. What is listed and is not open yet is ended too, for whoever
   * opens it may have asked before. One that cannot be ended keeps none of the others.
   *
   * @throws the first error, once all were tried.
   */
  endAll(user: User): Promise<void>;
  /** The first half of {@link endAll}: lets nothing go on, at its next refresh, or open that the user opened or confirmed until now. */
  bar(user: User): Promise<void>;
  /** Whether what a user confirmed, or opened, at a moment by the store's clock, in milliseconds since the epoch may no longer open, or go on. */
  isBarred(user: User, at: number): Promise<boolean>;
}

/** The most sessions of one user that are remembered; of more, those that end first are forgotten here. */
const KEPT_MAX = 1000;

/** The most that are listed. */
const SHOWN_MAX = 100;

/** How many are looked at, and ended, at one time. */
const AT_ONCE_MAX = 50;

/** How often a bar is written in place of another's. */
const BAR_TRIES_MAX = 10;

/** As long as any session may go on, whatever life is set where the bar comes from. */
const BAR_MS = SESSION_LIFE_MAX_MS;

/** Keeps the list in the ledger, under a digest of who the user is. */
export function userSessions(ledger: Ledger, sessions: SessionCommands): UserSessions {
  async function activeOf(user: User, sids: readonly string[]): Promise<readonly SessionView[]> {
    const views = await sessions.look(sids);
    return views.filter((view) => view !== null).filter((view) => isOwn(view, user));
  }

  async function endOne(user: User, sid: string): Promise<void> {
    const [view] = await sessions.look([sid]);
    if (!view) await sessions.revoke(sid, 'user');
    else if (isOwn(view, user)) await sessions.revoke(view, 'user');
  }

  /** @throws ScangateError `store_unavailable` where others were quicker each time. */
  async function bar(user: User): Promise<void> {
    const [key, at] = [barOf(user), await sessions.latest()];
    for (let tries = BAR_TRIES_MAX; tries > 0; tries -= 1) {
      const { stored, value } = await ledger.putIfAbsent(key, String(at), BAR_MS);
      // A later one bars what this one would.
      if (stored || Number(value) >= at) return;
      if (await ledger.replaceIf(key, value, String(at), BAR_MS)) return;
    }
    throw new ScangateError('store_unavailable', { retryAfterMs: 1000 });
  }

  return {
    bar,
    async add(user, sid, lifeMs) {
      await ledger.addMember(setOf(user), sid, lifeMs, KEPT_MAX);
    },
    async of(user) {
      return await activeOf(user, await ledger.members(setOf(user), SHOWN_MAX));
    },
    async endAll(user) {
      await bar(user);
      const sids = await ledger.members(setOf(user), KEPT_MAX);
      const failures: unknown[] = [];
      for (let from = 0; from < sids.length; from += AT_ONCE_MAX) {
        const ends = sids.slice(from, from + AT_ONCE_MAX).map((sid) => endOne(user, sid));
        for (const end of await Promise.allSettled(ends))
          if (end.status === 'rejected') failures.push(end.reason);
      }
      if (failures.length > 0) throw failures[0];
    },
    async isBarred(user, at) {
      const barred = await ledger.get(barOf(user));
      return barred !== null && at <= Number(barred);
    },
  };
}

function isOwn({ session }: SessionView, user: User): boolean {
  return session.status === 'active' && session.opened !== undefined && sameUser(session.opened.user, user);
}

function setOf({ source, issuer, subject }: User): string {
  return `sessions:${hash('sha256', JSON.stringify([source, issuer, subject]), 'base64url')}`;
}

function barOf(user: User): string {
  return `barred-${setOf(user)}`;
}
