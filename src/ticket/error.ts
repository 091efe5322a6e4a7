/** Every way in which Scangate says no. What each becomes on the wire stands in one table, `http/answer/problem.ts`. */
export type ErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_redirect_uri'
  | 'phone_unknown'
  | 'use_dpop_nonce'
  | 'insufficient_user_authentication'
  | 'not_found'
  | 'already_scanned'
  | 'already_confirmed'
  | 'already_denied'
  | 'already_cancelled'
  | 'already_redeemed'
  | 'expired'
  | 'too_large'
  | 'unsupported_media_type'
  | 'idempotency_mismatch'
  | 'too_many_requests'
  | 'store_unavailable'
  | 'not_replicated'
  | 'newer_schema'
  | 'draining';

/** What an error may tell besides its code. Everything here may be shown to the caller. */
export interface ErrorDetail {
  /** The member or parameter at fault. */
  readonly field?: string;
  /** One sentence for a person. */
  readonly message?: string;
  /** Milliseconds until it is worth coming back. */
  readonly retryAfterMs?: number;
  /** With `use_dpop_nonce`: the nonce for the next proof. */
  readonly nonce?: string;
  /** The oldest sign-in of the phone's user that would do, in seconds (RFC 9470 §3). */
  readonly maxAge?: number;
  /** The ticket's true state, for a caller who may see the ticket. */
  readonly ticketStatus?: string;
}

/** A refusal, with nothing of HTTP in it. */
export class ScangateError extends Error {
  override readonly name = 'ScangateError';
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, detail: ErrorDetail = {}) {
    super(detail.message ?? code);
    this.code = code;
    this.detail = detail;
  }
}
