import type { Risk } from './risk.ts';

/** What else a source says of a user, by the names of OpenID Connect Core §5.1, or of the operator's own. */
export type UserClaims = Readonly<Record<string, ClaimValue | readonly ClaimValue[]>>;

type ClaimValue = string | number | boolean;

/** Which claims a request asked for beside its scope, of those that its client may have (OpenID Connect Core §5.5). */
export interface ClaimsRequest {
  readonly id_token: readonly string[];
  readonly userinfo: readonly string[];
}

/** A user as the phone's source knows it. Equal subjects of two sources or issuers are two users. */
export interface User {
  readonly source: string;
  readonly issuer: string;
  readonly subject: string;
  readonly name?: string;
  readonly picture?: string;
  /** Beside name and picture: email, phone number, locale, and what the operator wants kept. */
  readonly claims?: UserClaims;
}

/** The device that a request came from, as far as the gateway could see. */
export interface Device {
  readonly ip: string;
  readonly agent: string;
  readonly place?: string;
}

/** How long a ticket's stages last, in milliseconds, as they were set when it was minted. */
export interface Lives {
  readonly ticket_ms: number;
  readonly decision_ms: number;
  readonly max_ms: number;
  readonly code_ms: number;
  /** A scan code's period; 0: it does not rotate. */
  readonly qr_period_ms: number;
}

/** How a client asked: for a browser with a redirect (RFC 6749 §4.1), or for a device without one (RFC 8628). */
export type Grant = 'authorization_code' | 'device_code';

/** How a ticket's browser proves that it is the one: by a cookie of the gateway's own pages, or by a bearer secret. */
export const BINDINGS = ['cookie', 'bearer'] as const;

export type Binding = (typeof BINDINGS)[number];

/** What a client may ask the authorization endpoint for: a code, or an ID token alone (OpenID Connect Core §3). */
export const RESPONSE_TYPES = ['code', 'id_token'] as const;

export type ResponseType = (typeof RESPONSE_TYPES)[number];

/** When a browser is asked, before a confirmation counts, whether it was meant: in a file of clients, `scangate.accept`. */
export const ACCEPT_POLICIES = ['never', 'doubt', 'new_browser', 'always'] as const;

export type AcceptPolicy = (typeof ACCEPT_POLICIES)[number];

/** A browser of the gateway's own pages, as it was known when it minted. Digests alone: nothing here is of use as a cookie. */
export interface KnownBrowser {
  /** A digest of what its cookie says. */
  readonly key: string;
  /** Digests of the users who signed in in it, the newest first. */
  readonly users: readonly string[];
}

/** A public key of the curve P-256 (RFC 7518 §6.2.1): its two coordinates in base64url. */
export interface ResultKey {
  readonly x: string;
  readonly y: string;
}

/** What a ticket is for: everything that its later secrets and decisions rest on, and no secret. */
export interface MintedData {
  readonly client_id: string;
  readonly grant: Grant;
  readonly binding: Binding;
  /** Which key of the ring makes and checks this ticket's secrets. */
  readonly key_id: string;
  readonly redirect_uri?: string;
  readonly state?: string;
  readonly scope: readonly string[];
  readonly nonce?: string;
  /** S256 of the verifier (RFC 7636 §4.2). Absent for device tickets and clients registered with `pkce: optional`. */
  readonly code_challenge?: string;
  /**
   * What the client's answer holds where the browser sends it by form (OAuth 2.0 Form Post Response Mode); absent: it is a
   * code, in the redirect's query.
   */
  readonly form_post?: ResponseType;
  /** What the request's `claims` parameter asked for. */
  readonly claims?: ClaimsRequest;
  /** What beside the gateway its access tokens are for (RFC 8707). */
  readonly resource?: string;
  /** The thumbprint of the key that its tokens must be bound to (RFC 9449 §10). */
  readonly dpop_jkt?: string;
  /**
   * The oldest sign-in of the user at the phone's source that will do, in seconds (OpenID Connect Core §3.1.2.1): 0 asks
   * for one since the ticket was minted. Absent: any will do.
   */
  readonly max_age?: number;
  /** Whose sign-in it is to be, as the client knows its users (`sub`; OpenID Connect Core §3.1.2.1, `id_token_hint`); absent: anyone's. */
  readonly expected_sub?: string;
  /** The browser's own key, to which what it is told of user and code is sealed. */
  readonly result_key?: ResultKey;
  /** When its authorization request was checked, in milliseconds since the epoch by that node's clock, where that was carried here. */
  readonly requested_at?: number;
  readonly browser: Device;
  readonly lives: Lives;
  /** May the browser see who scanned? */
  readonly shows_scanner: boolean;
  /** Must the phone type the number that the browser shows? */
  readonly number_match: boolean;
  /** A device that has said that it shows the number of its notices. A browser always can. */
  readonly number_shown?: true;
  /** When the browser is asked who signs in; absent: never. */
  readonly accept?: Exclude<AcceptPolicy, 'never'>;
  /** A digest of the pushed request that it is for (RFC 9126); absent: it was not pushed. */
  readonly request_key?: string;
  /** Absent for pages of other origins, and where nobody is ever asked. */
  readonly known_browser?: KnownBrowser;
}

export interface ScannedData {
  readonly user: User;
  readonly phone: Device;
  /**
   * It was opened on the very device that waits, and nothing was scanned: the result goes only to the browser that the
   * phone's decision comes back to.
   */
  readonly same_device?: true;
  /** What was seen of it that may not be the user's own doing; absent: nothing. */
  readonly risk?: Risk;
}

export interface ContestedData {
  /** What comes of a second phone; absent: nothing. */
  readonly risk?: Risk;
}

export interface ConfirmedData {
  /** When the user last signed in at the phone's source, in seconds since the epoch; absent where the source does not say. */
  readonly auth_time?: number;
  /** It counts only once the browser has accepted it. */
  readonly asks?: true;
}

/**
 * `number`: as many numbers were typed as the policy allows, and none was right. `risk`: the client's policy refuses what was seen.
 */
export const DENIAL_REASONS = ['number', 'risk'] as const;

export type DenialReason = (typeof DENIAL_REASONS)[number];

export interface DeniedData {
  /** The user said that this request was not theirs. */
  readonly report?: boolean;
  /** Why it was denied without the user's word. */
  readonly reason?: DenialReason;
}

export interface RedeemedData {
  /** A MAC of the Idempotency-Key and body that redeemed, so that a lost answer can be given again. */
  readonly replay?: string;
}

/** Everything that can happen to a ticket, by type. */
export interface TicketEventData<Minted = MintedData> {
  readonly minted: Minted;
  readonly scanned: ScannedData;
  /** Another user's phone scanned it as well, while it was scanned. At most once. */
  readonly contested: ContestedData;
  readonly confirmed: ConfirmedData;
  /** The browser said of who scanned: that is me. */
  readonly accepted: Readonly<Record<string, never>>;
  readonly denied: DeniedData;
  readonly cancelled: Readonly<Record<string, never>>;
  readonly expired: Readonly<Record<string, never>>;
  readonly redeemed: RedeemedData;
}

export type TicketEventType = keyof TicketEventData;

/** One thing that happened to a ticket. Its time is the store's to give. */
export type TicketEvent<Minted = MintedData> = {
  [T in TicketEventType]: { readonly type: T; readonly data: TicketEventData<Minted>[T] };
}[TicketEventType];
