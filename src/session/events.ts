import type { Cursor } from '../ticket/cursor.ts';
import type { ClaimsRequest, Device, User } from '../ticket/events.ts';

/** What a redemption opened: whom it signed in, for which client, and by which key its secrets are made. */
export interface OpenedData {
  readonly ticket_id: string;
  /** The id of the ticket's `confirmed` event: the session's id and the ticket's code derive from it. */
  readonly confirmed_id: Cursor;
  readonly key_id: string;
  readonly client_id: string;
  readonly user: User;
  readonly scope: readonly string[];
  readonly nonce?: string;
  /** Which claims its request asked for beside the scope. */
  readonly claims?: ClaimsRequest;
  /** What beside the gateway its access tokens are for (RFC 8707). */
  readonly resource?: string;
  /** The thumbprint of the key that its tokens are bound to (RFC 9449 §6.1); absent: they are bearers. */
  readonly dpop_jkt?: string;
  /** When the user signed in at the phone's source, else when they confirmed, in seconds since the epoch (OpenID Connect Core §2). */
  readonly auth_time: number;
  readonly browser: Device;
  /** How long the session may live in all, in milliseconds. */
  readonly life_ms: number;
}

export interface RefreshedData {
  /** By which key the secrets of this generation are made: so a session outlives the key it was opened with. */
  readonly key_id: string;
  /** The event that the token was made from, where that is not the newest one: a failover lost it. */
  readonly from?: Cursor;
  /** The key that tokens are bound to from here on, where that is another one than before. */
  readonly dpop_jkt?: string;
}

export interface RevokedData {
  /** Who or what ended it: the user, the client, a refresh token or code used again, the user's status, an operator. */
  readonly reason: 'user' | 'client' | 'reuse' | 'status' | 'operator';
}

/** Everything that can happen to a session, by type. */
export interface SessionEventData {
  readonly opened: OpenedData;
  readonly refreshed: RefreshedData;
  readonly revoked: RevokedData;
  readonly expired: Readonly<Record<string, never>>;
}

export type SessionEventType = keyof SessionEventData;

/** One thing that happened to a session. */
export type SessionEvent = {
  [T in SessionEventType]: { readonly type: T; readonly data: SessionEventData[T] };
}[SessionEventType];
