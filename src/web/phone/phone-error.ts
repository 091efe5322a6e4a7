/** Why a call came to nothing: the gateway's own `code` (docs/wire.md, "HTTP"), or one of the phone's side. */
export type PhoneProblem =
  | 'invalid_request'
  | 'phone_unknown'
  /** The application asks for a fresher sign-in: sign the user in anew in the app, and confirm again. */
  | 'insufficient_user_authentication'
  | 'not_found'
  | 'already_scanned'
  | 'already_confirmed'
  | 'already_denied'
  | 'already_cancelled'
  | 'already_redeemed'
  | 'expired'
  | 'too_many_requests'
  | 'store_unavailable'
  | 'not_replicated'
  /** No answer came, or none that a gateway gives: the same call again is safe, and does nothing twice. */
  | 'offline'
  /** Any other code of the gateway's, in {@link PhoneError.message}. */
  | 'other';

const KNOWN: readonly string[] = [
  'invalid_request',
  'phone_unknown',
  'insufficient_user_authentication',
  'not_found',
  'already_scanned',
  'already_confirmed',
  'already_denied',
  'already_cancelled',
  'already_redeemed',
  'expired',
  'too_many_requests',
  'store_unavailable',
  'not_replicated',
];

/** A call that came to nothing. */
export class PhoneError extends Error {
  readonly code: PhoneProblem;
  /** The member at fault; `number` for a wrong number, `risk` where the gateway refused the sign-in. */
  readonly field: string | undefined;
  /** With the field `risk`: what was seen of it, to be said in words. */
  readonly warnings: readonly string[];
  /** Milliseconds until it is worth coming back, where the gateway says so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: PhoneProblem,
    message: string,
    more: {
      readonly field?: string | undefined;
      readonly retryAfterMs?: number | undefined;
      readonly warnings?: readonly string[] | undefined;
    } = {},
  ) {
    super(message);
    this.name = 'PhoneError';
    this.code = code;
    this.field = more.field;
    this.warnings = more.warnings ?? [];
    this.retryAfterMs = more.retryAfterMs;
  }
}

/** The gateway's code as one that is known here. */
export function problemOf(code: unknown): PhoneProblem {
  return typeof code === 'string' && KNOWN.indexOf(code) >= 0 ? (code as PhoneProblem) : 'other';
}
