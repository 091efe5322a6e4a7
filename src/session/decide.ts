import { versionOf } from '../ticket/cursor.ts';
import type { Cursor } from '../ticket/cursor.ts';
import type { RevokedData, SessionEvent } from './events.ts';
import type { Session } from './session.ts';

/** What someone may ask of a session. Whose refresh token it is was proven before. */
export type SessionCommand =
  | {
      readonly type: 'refresh';
      /** The event that the refresh token was made from. */
      readonly generation: Cursor;
      /** The key that will make the next generation's secrets. */
      readonly keyId: string;
      /** The thumbprint of the key that the next generation's tokens are bound to. Whether it may be that one was proven. */
      readonly jkt?: string | undefined;
      /** Whether the newest generation is so young that its answer may have been lost. */
      readonly young: boolean;
    }
  | { readonly type: 'revoke'; readonly reason: RevokedData['reason'] }
  | { readonly type: 'expire' };

/**
 * What a command makes of a session: the event to append, or none where there is nothing to do. Refreshing with the
 * newest token goes on; with the one before, while the newest is young, it repeats that answer and appends nothing. A
 * token of a later version than the newest event is from a past that a failover lost: only we can have made it, so it
 * goes on too. With any other the token was used twice, and the whole session is revoked (RFC 9700 §4.14.2).
 */
export function decideSession(
  session: Session | undefined,
  command: SessionCommand,
): SessionEvent | undefined {
  switch (command.type) {
    case 'refresh':
      if (session?.status !== 'active') return undefined;
      if (session.generation === command.generation)
        return { type: 'refreshed', data: { key_id: command.keyId, ...keyOf(session, command.jkt) } };
      if (session.before === command.generation && command.young) return undefined;
      if (isOfLostPast(session, command.generation))
        return {
          type: 'refreshed',
          data: { key_id: command.keyId, from: command.generation, ...keyOf(session, command.jkt) },
        };
      return { type: 'revoked', data: { reason: 'reuse' } };
    case 'revoke':
      return session === undefined || session.status === 'active'
        ? { type: 'revoked', data: { reason: command.reason } }
        : undefined;
    case 'expire':
      return session?.status === 'active' ? { type: 'expired', data: {} } : undefined;
  }
}

function keyOf({ dpop_jkt: bound }: Session, jkt: string | undefined): { readonly dpop_jkt?: string } {
  return jkt === undefined || jkt === bound ? {} : { dpop_jkt: jkt };
}

function isOfLostPast({ generation, lost }: Session, used: Cursor): boolean {
  if (generation === undefined) return false;
  return versionOf(used) > Math.max(versionOf(generation), lost === undefined ? 0 : versionOf(lost));
}
