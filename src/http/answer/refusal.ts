import { OAuthError } from '../../oauth/error.ts';
import { PhoneSourceAway } from '../../phone/phone-identity.ts';
import { NewerSchema } from '../../store/codec.ts';
import { NotReplicated, StoreUnavailable } from '../../store/event-store.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { ErrorCode, ErrorDetail } from '../../ticket/error.ts';
import type { Answer } from './answer.ts';
import type { ErrorStyle } from './error-style.ts';
import { MethodNotAllowed } from './method-not-allowed.ts';
import { DEFECT, PROBLEMS, PROBLEM_TYPE, problemBody, refusalHeaders } from './problem.ts';
import type { ProblemKind } from './problem.ts';

/** What became of an error: its code for the metrics, and its answer. */
export interface Refusal {
  readonly code: string;
  readonly answer: Answer;
}

/** A refusal as a page tells it. */
export interface Refused {
  readonly status: number;
  readonly code: string;
  /** An English sentence for developers. */
  readonly detail: string;
  readonly field?: string | undefined;
}

/** Makes a page for people of a refusal. */
export type RefusalPage = (refused: Refused) => Answer;

/**
 * The answer to anything that was thrown. What is not a refusal is a defect: a 500 that says nothing.
 *
 * @param page is asked where the style is `page`.
 */
export function refusalOf(error: unknown, style: ErrorStyle, page: RefusalPage): Refusal {
  if (error instanceof OAuthError) return oauthRefusal(error, style, page);
  const [code, detail] = codeOf(error);
  const kind = kindOf(error, code);
  const { status, title } = kind;
  if (style === 'problem') {
    const body = problemBody(code, detail, kind);
    return { code, answer: { status, headers: refusalHeaders(status, detail), body, type: PROBLEM_TYPE } };
  }
  if (style === 'page') {
    const answer = page({ status, code, detail: detail.message ?? title, field: detail.field });
    return { code, answer: { ...answer, headers: { ...answer.headers, ...refusalHeaders(status, detail) } } };
  }
  // RFC 6749 §5.2 knows a malformed request by this status alone, and libraries read no other.
  const oauthStatus = code === 'unsupported_media_type' ? 400 : status;
  const described = [detail.field, detail.message ?? title].filter((text) => text !== undefined).join(': ');
  const body = { error: OAUTH_ERRORS[code] ?? 'invalid_request', error_description: printable(described) };
  return {
    code,
    answer: { status: oauthStatus, headers: { ...refusalHeaders(status, detail), ...NO_CACHE }, body },
  };
}

/** Whether an error is no refusal but a defect of ours, to be logged whole. */
export function isDefect(refusal: Refusal): boolean {
  return refusal.code === DEFECT.code;
}

const NO_CACHE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };

const OAUTH_ERRORS: Partial<Record<ErrorCode | typeof DEFECT.code, string>> = {
  invalid_client: 'invalid_client',
  too_many_requests: 'temporarily_unavailable',
  store_unavailable: 'temporarily_unavailable',
  not_replicated: 'temporarily_unavailable',
  newer_schema: 'temporarily_unavailable',
  draining: 'temporarily_unavailable',
  internal_error: 'server_error',
};

function codeOf(error: unknown): [ErrorCode | typeof DEFECT.code, ErrorDetail] {
  if (error instanceof ScangateError) return [error.code, error.detail];
  if (error instanceof NotReplicated) return ['not_replicated', {}];
  if (error instanceof StoreUnavailable) return ['store_unavailable', {}];
  if (error instanceof NewerSchema) return ['newer_schema', {}];
  if (error instanceof PhoneSourceAway)
    return ['store_unavailable', { message: 'Who holds the phone cannot be asked at present.' }];
  if (error instanceof URIError) return ['invalid_request', BAD_PATH];
  if (error instanceof Error && 'status' in error && error.status === 400)
    return ['invalid_request', BAD_PATH];
  return [DEFECT.code, {}];
}

function kindOf(error: unknown, code: ErrorCode | typeof DEFECT.code): ProblemKind {
  if (error instanceof MethodNotAllowed) return METHOD_NOT_ALLOWED;
  return code === DEFECT.code ? DEFECT : PROBLEMS[code];
}

const METHOD_NOT_ALLOWED = { status: 405, title: 'This method is not known here' };
const BAD_PATH = { field: 'path', message: 'The address is not well formed.' };

/** A description in the characters of RFC 6749 §5.2. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'");
}

function oauthRefusal(error: OAuthError, style: ErrorStyle, page: RefusalPage): Refusal {
  const { status, description } = error;
  const headers = {
    ...(status === 401 ? { 'WWW-Authenticate': 'Basic realm="scangate"' } : {}),
    ...(status === 429 || status === 503 ? { 'Retry-After': '1' } : {}),
    ...error.headers,
    ...NO_CACHE,
  };
  if (style === 'page') {
    const answer = page({ status, code: error.error, detail: description });
    return { code: error.error, answer: { ...answer, headers: { ...answer.headers, ...headers } } };
  }
  const body = { error: error.error, error_description: printable(description), ...error.members };
  return { code: error.error, answer: { status, headers, body } };
}
