/** Where a ticket can stand, in the words of a notice (docs/wire.md); `absent`: nobody knows of such a ticket. */
export type Status =
  'absent' | 'pending' | 'scanned' | 'confirmed' | 'redeemed' | 'denied' | 'cancelled' | 'expired';

/** What a client may ask of a ticket. `read` stands for every way in which its state is told. */
export type TicketCommand = 'mint' | 'scan' | 'confirm' | 'deny' | 'cancel' | 'redeem' | 'read';

/**
 * How a call ended, as its client saw it:
 *
 * - `done`: with success. `status` is the ticket's as it was told, `cursor` the event that it was told with.
 * - `refused`: another decision came first; the ticket's status as it was told. `absent`: there is no such ticket.
 * - `unknown`: no answer, or one that leaves it open (a 503). It may have happened, and it may still happen.
 */
export type Outcome =
  | { readonly kind: 'done'; readonly status: Status; readonly cursor?: string }
  | { readonly kind: 'refused'; readonly status: Status }
  | { readonly kind: 'unknown' };

/** One call, with its retries: a client that repeats a command makes another call. Instants are of one clock. */
export interface TicketCall {
  readonly ticket: string;
  readonly command: TicketCommand;
  /**
   * On whose behalf: two scans of one actor are one decision, and so are two redemptions of one (the same
   * Idempotency-Key).
   */
  readonly actor: string;
  readonly invokedAt: number;
  /** When the answer was there; Infinity where none came. */
  readonly returnedAt: number;
  readonly outcome: Outcome;
}

/** One notice that a watching browser was told. */
export interface Notice {
  readonly ticket: string;
  readonly watcher: string;
  readonly at: number;
  readonly status: Status;
  readonly cursor: string;
  /** Whether it was told that its past was lost. */
  readonly reset: boolean;
}

/** One use of a refresh token, or a revocation, of a session. A token is named by the event that it was made from. */
export interface SessionCall {
  readonly session: string;
  readonly command: 'open' | 'refresh' | 'revoke' | 'read';
  readonly invokedAt: number;
  readonly returnedAt: number;
  /** The token that was used, for `refresh`. */
  readonly token?: string;
  /**
   * `done`: for `open` and `refresh` with the token that it gave; for `read`, that the session is active. `refused`: the session
   * is over, or the token was taken for one that was used before.
   */
  readonly outcome:
    { readonly kind: 'done'; readonly token?: string } | { readonly kind: 'refused' | 'unknown' };
}

/** One event as the store's own log has it in the end. */
export interface LoggedEvent {
  readonly subject: string;
  readonly version: number;
  readonly cursor: string;
  /** The event that it followed; empty for a first one. */
  readonly after: string;
  readonly type: string;
  /** The store's stamp, and the deadline that the event left. */
  readonly at: number;
  readonly deadline: number;
  /** Who scanned, where it is a scan. */
  readonly actor?: string;
}

/** What no promise covers in this history (docs/failover.md, "What is left"), and so is not judged. */
export interface Pardon {
  /** Mints may be lost: whoever asks is told that there is no such ticket. */
  readonly mints: boolean;
  /** All copies of the data were gone at these instants: tickets that had ended before and sessions of before are lost. */
  readonly emptiedAt: readonly number[];
  /** The shortest time after which a ticket that nobody moves may expire. */
  readonly lifeMinMs: number;
}

/** Everything that one run left behind: plain data, from a simulation or from real servers. */
export interface History {
  readonly calls: readonly TicketCall[];
  readonly sessionCalls: readonly SessionCall[];
  readonly notices: readonly Notice[];
  /** The log in the end, in its own order. */
  readonly log: readonly LoggedEvent[];
  readonly pardon: Pardon;
  /** How long after its first use a refresh token may be repeated by who heard no answer. */
  readonly replayWindowMs: number;
}

/** The laws, by the words of their reports. */
export type Law =
  | 'one decision'
  | 'linearizable'
  | 'there in the end'
  | 'monotone'
  | 'phantom'
  | 'whole log'
  | 'honest refresh'
  /** Once everything is healed, every gateway answers again: who plays a run sees to it. */
  | 'comes back';

/** One broken law. */
export interface Violation {
  readonly law: Law;
  /** The ticket or session. */
  readonly subject: string;
  /** What was seen, in one line. */
  readonly seen: string;
}

/** The version of a cursor, `<version>-<nonce>`. */
export function versionOfCursor(cursor: string): number {
  return Number.parseInt(cursor, 10);
}
