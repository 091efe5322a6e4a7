import { PhoneError, problemOf } from './phone-error.ts';
import type { PhoneResponse, PhoneTransport } from './phone-transport.ts';

/** What every call of a phone goes through. Durations in milliseconds. */
export interface ExchangeParts {
  /** The gateway's public address without a trailing slash. */
  readonly gateway: string;
  readonly credential: (refused: boolean) => string | Promise<string>;
  readonly transport: PhoneTransport;
  readonly pause: (ms: number) => Promise<void>;
  readonly now: () => number;
  /** 0 ≤ random < 1. */
  readonly random: () => number;
}

/** A call that may be sent more than once, and does its work at most once. */
export interface PhoneCall<T> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  /** Sent as `Idempotency-Key`, the same with each try. */
  readonly key?: string;
  /** How long it is worth trying, from now. */
  readonly patienceMs: number;
  /** What a good answer says; undefined where it is none of the gateway's, as that of a network that wants a sign-in first. */
  readonly read: (body: unknown) => T | undefined;
}

const TRIES_MAX = 7;
const TRY_MS = 10_000;
const PAUSE_MS = 250;
const PAUSE_MAX_MS = 4000;
/** Who is asked to come back later than this tells the user instead. */
const PATIENT_MS = 10_000;

/**
 * Sends a call, and again where its answer was lost or the gateway says "not now".
 *
 * @throws PhoneError
 */
export async function exchange<T>(parts: ExchangeParts, call: PhoneCall<T>): Promise<T> {
  const endsAt = parts.now() + call.patienceMs;
  let refused = false;
  for (let tries = 1; ; tries += 1) {
    const response = await once(parts, call, refused);
    const found = response && response.status < 300 ? call.read(parsed(response.body)) : undefined;
    if (found !== undefined) return found;
    if (response?.status === 401 && !refused && !isTooOld(response)) {
      refused = true;
      continue;
    }
    const waitMs = waitOf(response, tries, parts.random());
    if (waitMs === undefined || tries >= TRIES_MAX || parts.now() + waitMs > endsAt) throw errorOf(response);
    await parts.pause(waitMs);
  }
}

async function once<T>(
  { gateway, credential, transport }: ExchangeParts,
  { method, path, body, key }: PhoneCall<T>,
  refused: boolean,
): Promise<PhoneResponse | undefined> {
  const bearer = await credential(refused);
  const headers = {
    Accept: 'application/json',
    Authorization: `Bearer ${bearer}`,
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(key === undefined ? {} : { 'Idempotency-Key': key }),
  };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return transport({ method, url: gateway + path, headers, ...sent, timeoutMs: TRY_MS }).catch(
    () => undefined,
  );
}

/** Whether the credential is good and only the sign-in behind it too old: another one of the app's would be as old. */
function isTooOld({ body }: PhoneResponse): boolean {
  const { code } = (parsed(body) ?? {}) as { code?: unknown };
  return code === 'insufficient_user_authentication';
}

/** How long to wait before the next try; undefined: another would be answered the same. */
function waitOf(response: PhoneResponse | undefined, tries: number, random: number): number | undefined {
  const isFinal =
    response !== undefined && response.status >= 300 && response.status < 500 && response.status !== 429;
  if (isFinal) return undefined;
  const askedMs = retryAfterMs(response) ?? 0;
  if (askedMs > PATIENT_MS) return undefined;
  const usual = Math.min(PAUSE_MAX_MS, PAUSE_MS * Math.pow(2, tries - 1)) * (0.5 + random / 2);
  return Math.max(usual, askedMs);
}

function retryAfterMs(response: PhoneResponse | undefined): number | undefined {
  const seconds = Number(response?.header('retry-after') ?? '');
  return seconds > 0 ? seconds * 1000 : undefined;
}

function errorOf(response: PhoneResponse | undefined): PhoneError {
  if (response === undefined || response.status < 400)
    return new PhoneError('offline', 'The gateway gave no answer.');
  const problem = parsed(response.body) as
    { code?: unknown; title?: unknown; detail?: unknown; field?: unknown } | undefined;
  if (typeof problem?.code !== 'string')
    return new PhoneError('offline', `What answered with ${response.status} is no gateway.`);
  const code = problemOf(problem.code);
  const said = [problem.detail, problem.title, problem.code].filter((text) => typeof text === 'string')[0];
  const message = (code === 'other' ? `${problem.code}: ` : '') + said;
  return new PhoneError(code, message, {
    field: typeof problem.field === 'string' ? problem.field : undefined,
    retryAfterMs: retryAfterMs(response),
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
