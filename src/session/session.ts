import type { Cursor } from '../ticket/cursor.ts';
import type { OpenedData, RevokedData, SessionEvent } from './events.ts';

/** Where a session can stand. `active` alone can still move. */
export const SESSION_STATUSES = ['active', 'revoked', 'expired'] as const;

export type SessionStatus = (typeof SESSION_STATUSES)[number];

/** What a session's events add up to. A log may begin with `revoked`: then nothing was opened, and nothing ever will be. */
export interface Session {
  readonly status: SessionStatus;
  readonly opened?: OpenedData & { readonly id: Cursor };
  readonly revoked?: RevokedData;
  /** The event that the newest refresh token was made from: `opened`, or the last `refreshed`. */
  readonly generation?: Cursor;
  /** The key that makes that generation's secrets. */
  readonly key_id?: string;
  /** The thumbprint of the key that its tokens are bound to. */
  readonly dpop_jkt?: string;
  /** The one before it, whose token may still be repeated for a short while. */
  readonly before?: Cursor;
  /** The newest event of a lost past whose token was used: tokens of versions up to this one were used, too. */
  readonly lost?: Cursor;
}

/** Folds one event into what a session is. Total, as a ticket's is. */
export function evolveSession(
  session: Session | undefined,
  event: SessionEvent & { readonly id: Cursor },
): Session | undefined {
  switch (event.type) {
    case 'opened':
      return (
        session ?? {
          status: 'active',
          opened: { ...event.data, id: event.id },
          generation: event.id,
          key_id: event.data.key_id,
          ...keyOf(event.data),
        }
      );
    case 'refreshed':
      return session === undefined
        ? undefined
        : {
            ...session,
            generation: event.id,
            key_id: event.data.key_id,
            ...keyOf(event.data),
            ...beforeOf(event.data.from ?? session.generation),
            ...(event.data.from === undefined ? {} : { lost: event.data.from }),
          };
    case 'revoked':
      return { ...session, status: 'revoked', revoked: event.data };
    case 'expired':
      return session === undefined ? undefined : { ...session, status: 'expired' };
  }
}

function keyOf({ dpop_jkt }: Pick<Session, 'dpop_jkt'>): Pick<Session, 'dpop_jkt'> {
  return dpop_jkt === undefined ? {} : { dpop_jkt };
}

function beforeOf(before: Cursor | undefined): Pick<Session, 'before'> {
  return before === undefined ? {} : { before };
}
