import { decideSession } from '../session/decide.ts';
import type { EventStore, Head } from '../store/event-store.ts';
import { sessionSubject } from '../store/subject.ts';
import type { MakeNonce } from './nonce.ts';
import { loadHeads } from './run.ts';
import { sessionAfter, sessionChange } from './session-change.ts';
import { sessionViewOf } from './session-view.ts';
import type { SessionView } from './session-view.ts';
import { isOverdue } from './ticket-view.ts';

/** Reads sessions as they are now: one whose deadline has passed is expired by that. */
export interface SessionReader {
  /** Null where there is none. */
  load(sids: readonly string[]): Promise<readonly (SessionView | null)[]>;
  /** A session whose head the store has just answered. */
  fromHead(head: Head, now: number): Promise<SessionView>;
  /** Appends `expired`. Answers the session as it is afterwards, which another event may have moved first. */
  expire(seen: SessionView): Promise<SessionView>;
}

/** Told of a session by whose reading it was expired: one node's one reading, however many there are. */
export type OnSessionExpired = (view: SessionView) => void;

export function sessionReader(
  store: EventStore,
  makeNonce: MakeNonce,
  onExpired?: OnSessionExpired,
): SessionReader {
  async function fromHead(head: Head, now: number): Promise<SessionView> {
    const view = sessionViewOf(head, now);
    return isOverdue(head, now) ? await expire(view) : view;
  }

  async function expire(seen: SessionView): Promise<SessionView> {
    const event = decideSession(seen.session, { type: 'expire' });
    if (event === undefined) return seen;
    const change = sessionChange(seen.sid, seen, event, makeNonce());
    const result = await store.append([change.append]);
    if (!('moments' in result)) return result.head === null ? seen : sessionViewOf(result.head, result.now);
    const expired = sessionAfter(seen, change, result.moments[0], result.now);
    onExpired?.(expired);
    return expired;
  }

  return {
    async load(sids) {
      const { heads, now } = await loadHeads(store, sids.map(sessionSubject));
      return await Promise.all(heads.map(async (head) => (head === null ? null : await fromHead(head, now))));
    },
    fromHead,
    expire,
  };
}
