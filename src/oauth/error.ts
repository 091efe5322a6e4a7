/**
 * The error codes of RFC 6749 §4.1.2.1 and §5.2, RFC 8707 §2, OpenID Connect Core §3.1.2.6, RFC 8628 §3.5, RFC 6750 §3.1,
 * RFC 9449 §5 and §8.
 */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'invalid_target'
  /** RFC 7591 §3.2.2, with the next. */
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'access_denied'
  | 'login_required'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'temporarily_unavailable'
  | 'authorization_pending'
  | 'slow_down'
  | 'expired_token'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce';

const STATUS: Partial<Record<OAuthErrorCode, number>> = {
  invalid_client: 401,
  invalid_token: 401,
  insufficient_scope: 403,
  temporarily_unavailable: 503,
};

/** A refusal inside `/oauth`. Its answer is an object `{error, error_description}` of the status. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly error: OAuthErrorCode;
  /** One sentence for the client's developer. It never repeats what was sent. */
  readonly description: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** What its object says besides. */
  readonly members: Readonly<Record<string, string>>;

  constructor(
    error: OAuthErrorCode,
    description: string,
    headers?: Readonly<Record<string, string>>,
    members: Readonly<Record<string, string>> = {},
    status: number = STATUS[error] ?? 400,
  ) {
    super(`${error}: ${description}`);
    this.error = error;
    this.description = description;
    this.status = status;
    this.headers = headers;
    this.members = members;
  }
}
