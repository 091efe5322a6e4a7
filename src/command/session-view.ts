import type { OpenedData } from '../session/events.ts';
import type { Session } from '../session/session.ts';
import { sessionOf } from '../store/fold.ts';
import type { Head } from '../store/event-store.ts';
import { idOf } from '../store/subject.ts';
import type { Cursor } from '../ticket/cursor.ts';

/** A session as the store answered it, with the store's time of that answer in milliseconds since the epoch. */
export interface SessionView {
  readonly sid: string;
  readonly session: Session;
  readonly head: Head;
  readonly now: number;
}

/** Reads a head as a session. @throws NewerSchema where a later release wrote it. */
export function sessionViewOf(head: Head, now: number): SessionView {
  return { sid: idOf(head.subject), session: sessionOf(head), head, now };
}

/** What a session was opened with. @throws where it never was, as one that was revoked before: a caller's mistake. */
export function openedOf(view: SessionView): OpenedData & { readonly id: Cursor } {
  const { opened } = view.session;
  if (opened === undefined) throw new Error('a session that was never opened has no tokens');
  return opened;
}
