import type { Cursor } from '../ticket/cursor.ts';
import type { Session, SessionStatus } from './session.ts';

/** What a page may know about its session now. Durations are milliseconds remaining. */
export interface SessionNotice {
  readonly sid: string;
  readonly status: SessionStatus;
  readonly cursor: Cursor;
  readonly expires_in_ms: number;
  readonly reset: boolean;
  readonly advice: { readonly retry_after_ms: number; readonly final: boolean };
}

/** The redaction line of sessions: neither whose it is nor what it may do stands in a notice. */
export function sessionNotice(
  session: Session,
  at: {
    readonly sid: string;
    readonly cursor: Cursor;
    readonly expiresInMs: number;
    readonly reset: boolean;
    readonly retryAfterMs: number;
  },
): SessionNotice {
  const final = session.status !== 'active';
  return {
    sid: at.sid,
    status: session.status,
    cursor: at.cursor,
    expires_in_ms: final ? 0 : Math.max(0, at.expiresInMs),
    reset: at.reset,
    advice: { retry_after_ms: at.retryAfterMs, final },
  };
}
