import { PROOF_ALGS } from '../../oauth/dpop/proof.ts';
import type { ErrorCode, ErrorDetail } from '../../ticket/error.ts';

/** What an error is on the wire. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

/** Every way to say no, and its answer (docs/wire.md, "HTTP"). The only place where a code meets a status. */
export const PROBLEMS: Readonly<Record<ErrorCode, ProblemKind>> = {
  invalid_request: { status: 400, title: 'The request is not what it must be' },
  invalid_client: { status: 400, title: 'There is no such client' },
  invalid_redirect_uri: { status: 400, title: 'The redirect address is not registered' },
  phone_unknown: { status: 401, title: 'The phone is not signed in' },
  use_dpop_nonce: { status: 401, title: 'The DPoP proof needs the nonce in the answer' },
  insufficient_user_authentication: { status: 401, title: 'The phone was signed in too long ago' },
  not_found: { status: 404, title: 'There is nothing here for you' },
  already_scanned: { status: 409, title: 'Already scanned' },
  already_confirmed: { status: 409, title: 'Already confirmed' },
  already_denied: { status: 409, title: 'Already denied' },
  already_cancelled: { status: 409, title: 'Already cancelled' },
  already_redeemed: { status: 409, title: 'Already redeemed' },
  expired: { status: 410, title: 'Expired' },
  too_large: { status: 413, title: 'Too large' },
  unsupported_media_type: { status: 415, title: 'This media type is not read here' },
  idempotency_mismatch: { status: 422, title: 'The Idempotency-Key belongs to another request' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  store_unavailable: { status: 503, title: 'The store does not answer' },
  not_replicated: { status: 503, title: 'Not replicated in time' },
  newer_schema: { status: 503, title: 'Written by a newer release' },
  draining: { status: 503, title: 'This node is going away' },
};

/** What a defect of ours looks like from outside; no request can cause one. */
export const DEFECT = { status: 500, title: 'The gateway failed', code: 'internal_error' } as const;

/** The body of a refusal (RFC 9457 §3). */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly field?: string;
  /** Seconds. */
  readonly max_age?: number;
  readonly ticket_status?: string;
}

export const PROBLEM_TYPE = 'application/problem+json';

/** Seconds for `Retry-After`: whole, at least one. */
export function retryAfter(ms: number | undefined): string {
  return String(Math.max(1, Math.ceil((ms ?? 1000) / 1000)));
}

/** A refusal's body, without its headers. */
export function problemBody(
  code: ErrorCode | typeof DEFECT.code,
  detail: ErrorDetail = {},
  kind: ProblemKind = code === DEFECT.code ? DEFECT : PROBLEMS[code],
): ProblemBody {
  const { status, title } = kind;
  return {
    type: `urn:scangate:problem:${code}`,
    title,
    status,
    code,
    ...(detail.message === undefined ? {} : { detail: detail.message }),
    ...(detail.field === undefined ? {} : { field: detail.field }),
    ...(detail.maxAge === undefined ? {} : { max_age: detail.maxAge }),
    ...(detail.ticketStatus === undefined ? {} : { ticket_status: detail.ticketStatus }),
  };
}

// RFC 9449 §9.
const NONCE_CHALLENGE = {
  'WWW-Authenticate': `DPoP error="use_dpop_nonce", algs="${PROOF_ALGS.join(' ')}"`,
} as const;

/** The headers that a refusal's status asks for, whatever its body looks like. */
export function refusalHeaders(status: number, detail: ErrorDetail): Record<string, string> {
  if (detail.nonce !== undefined) return { ...NONCE_CHALLENGE, 'DPoP-Nonce': detail.nonce };
  if (status === 401) return { 'WWW-Authenticate': `Bearer${stepUp(detail)}` };
  if (status === 429 || status === 503) return { 'Retry-After': retryAfter(detail.retryAfterMs) };
  return {};
}

/** What asks a phone for a fresher sign-in (RFC 9470 §3). */
function stepUp({ maxAge }: ErrorDetail): string {
  return maxAge === undefined ? '' : ` error="insufficient_user_authentication", max_age="${maxAge}"`;
}
