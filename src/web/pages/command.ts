import { encodeBase64url } from '../client/base64url.ts';
import { parseJson } from '../client/notice.ts';
import type { HttpResponse, Platform } from '../client/platform.ts';
import { retryAfterMs } from '../client/transport.ts';

const TRIES_MAX = 4;
const PAUSE_MS = 700;
const ANSWER_MS = 12000;
const KEY_BYTES = 16;

/** A page's script is loaded from the gateway's `/assets/`, and says from where only while it loads. */
const script = document.currentScript as HTMLScriptElement | null;

/** Where the gateway is, as this browser reaches it, without a slash at its end. */
export const gateway = script ? script.src.replace(/\/assets\/[^/]*$/, '') : '';

/** One POST that may be sent more than once, and is done at most once. */
export interface Command {
  /** From the gateway's own root: `/v1/scans`. */
  readonly url: string;
  readonly contentType: string;
  readonly body: string;
}

/** Sends; each call repeats the same command under the same `Idempotency-Key`. */
export type Send = (done: (response: HttpResponse) => void) => void;

/** A command that is tried a few times when the answer is lost or the gateway asks to come back soon. */
export function prepareCommand(platform: Platform, command: Command): Send {
  const headers = {
    'Content-Type': command.contentType,
    Accept: 'application/json',
    'Idempotency-Key': encodeBase64url(platform.randomBytes(KEY_BYTES)),
  };
  return (done) => {
    let tries = 0;
    const send = (): void => {
      tries += 1;
      const { url, body } = command;
      platform.request(
        { method: 'POST', url: gateway + url, headers, body, timeoutMs: ANSWER_MS },
        (response) => {
          const lost = response.status === 0 || response.status >= 500;
          if (!lost || tries >= TRIES_MAX) {
            done(response);
            return;
          }
          const wishMs = retryAfterMs((name) => response.header(name)) ?? 0;
          platform.clock.after(Math.max(wishMs, PAUSE_MS * tries), send);
        },
      );
    };
    send();
  };
}

/** The stable `code` of a problem (RFC 9457), or the `error` of an OAuth one; `offline` when nothing came back. */
export function problemCode(response: HttpResponse): string {
  if (response.status === 0) return 'offline';
  const problem = parseJson(response.body) as { code?: unknown; error?: unknown } | undefined;
  const code = problem?.code ?? problem?.error;
  if (response.status === 503) return 'store_unavailable';
  return typeof code === 'string' ? code : 'other';
}
