/** Where a ticket can stand. */
export type TicketStatus =
  'pending' | 'scanned' | 'confirmed' | 'redeemed' | 'denied' | 'cancelled' | 'expired';

/** What the browser gets once the user has confirmed. */
export interface SignInResult {
  /** The authorization code: with the PKCE verifier it buys tokens, once. */
  readonly code: string;
  readonly state?: string;
  /** The client's redirect address with `code`, `state` and `iss` in it. */
  readonly redirect_to?: string;
}

/** What the browser gets when nobody will be signed in: the user denied, somebody cancelled, or time ran out. */
export interface SignInRefusal {
  readonly error: string;
  readonly state?: string;
  /** The client's redirect address with `error`, `state` and `iss` in it. */
  readonly redirect_to?: string;
}

/** What a page of the gateway's own gets where the answer goes by form: the page that sends it. */
export interface SignInForm {
  readonly state?: string;
  readonly redirect_to: string;
}

/** What a browser may know about a ticket now; docs/wire.md, "A notice", has the meaning of each member. */
export interface Notice {
  readonly ticket_id: string;
  readonly status: TicketStatus;
  readonly cursor: string;
  readonly expires_in_ms: number;
  readonly reset?: boolean;
  readonly scan?: { readonly url: string; readonly rotates_in_ms?: number };
  readonly scanner?: { readonly name?: string; readonly picture?: string };
  readonly same_device?: boolean;
  readonly number?: string;
  /** Somebody else's phone scanned this code too. */
  readonly second_phone?: boolean;
  /** Confirmed, and waits for this browser to say whether it is the one who signs in. */
  readonly ask?: boolean;
  /** Why it was denied, where no user said so: `number`, no number was right; `risk`, the client's policy refuses what was seen. */
  readonly reason?: string;
  readonly result?: SignInResult | SignInRefusal | SignInForm;
  /** A JWE of `scanner` and `result`, for the page's own key alone. */
  readonly sealed?: string;
  readonly advice?: { readonly retry_after_ms?: number; readonly final?: boolean };
}

/** Absolute addresses of one ticket. */
export interface Links {
  readonly self: string;
  readonly events: string;
  readonly poll: string;
  readonly socket: string;
  readonly qr: string;
}

/** Reads JSON, or answers `undefined`: what a proxy puts in between is not ours to trust. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Reads a notice, or answers `undefined` when the text is something else. */
export function parseNotice(text: string): Notice | undefined {
  const notice = parseJson(text) as Partial<Notice> | null | undefined;
  if (!notice || typeof notice.status !== 'string' || typeof notice.cursor !== 'string') return undefined;
  return typeof notice.expires_in_ms === 'number' ? (notice as Notice) : undefined;
}

/** The version in a cursor, for saying which of two is newer; -1 when it has none. */
export function versionOf(cursor: string): number {
  const version = parseInt(cursor, 10);
  return isNaN(version) ? -1 : version;
}

/** True once nothing more can come that a browser could wait for. */
export function endsWatch(notice: Notice): boolean {
  return notice.status !== 'pending' && notice.status !== 'scanned' && !notice.ask;
}
