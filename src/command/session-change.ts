import type { SessionEvent } from '../session/events.ts';
import { sessionLifeOf } from '../session/life.ts';
import { evolveSession } from '../session/session.ts';
import type { Session } from '../session/session.ts';
import { encodeEvent } from '../store/codec.ts';
import type { Append, Moment } from '../store/event-store.ts';
import { cursorOfHead } from '../store/event-store.ts';
import { foldedSession } from '../store/fold.ts';
import { sessionSubject } from '../store/subject.ts';
import { cursorOf } from '../ticket/cursor.ts';
import { headAfter } from './head-after.ts';
import type { SessionView } from './session-view.ts';

/** What one event makes of a session: the append that writes it, and the session as it is then. */
export interface SessionChange {
  readonly sid: string;
  readonly append: Append;
  readonly session: Session;
}

const WHEN: Record<SessionEvent['type'], Append['when']> = {
  opened: 'any',
  refreshed: 'before',
  revoked: 'any',
  expired: 'after',
};

/** @param seen the session as it was before; null where the event is its first. */
export function sessionChange(
  sid: string,
  seen: SessionView | null,
  event: SessionEvent,
  nonce: string,
): SessionChange {
  const id = cursorOf((seen?.head.version ?? 0) + 1, nonce);
  const session = evolveSession(seen?.session, { ...event, id });
  if (session === undefined) throw new Error(`${event.type} begins no session`);
  const append: Append = {
    subject: sessionSubject(sid),
    expected: seen === null ? null : cursorOfHead(seen.head),
    event: { id, ...encodeEvent(event) },
    life: sessionLifeOf(event),
    when: WHEN[event.type],
    head: foldedSession(session),
  };
  return { sid, append, session };
}

/** The session after a change was written: what was written need not be read. */
export function sessionAfter(
  seen: SessionView | null,
  { sid, append, session }: SessionChange,
  moment: Moment | undefined,
  now: number,
): SessionView {
  return { sid, session, head: headAfter(seen?.head ?? null, append, moment), now };
}
