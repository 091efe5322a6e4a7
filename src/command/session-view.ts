import type { Session } from '../session/session.ts';
import { sessionOf } from '../store/fold.ts';
import type { Head } from '../store/event-store.ts';
import { idOf } from '../store/subject.ts';

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
