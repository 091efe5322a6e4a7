import { linksOn, originOf } from './address.ts';
import { makeBackoff } from './backoff.ts';
import { watchLostAnswers } from './lost-answer.ts';
import { parseJson, type Links, type Notice } from './notice.ts';
import type { Cancel, Platform } from './platform.ts';
import type { PublicKey } from './result-key.ts';
import { retryAfterMs, type Access } from './transport.ts';

const ANSWER_MS = 15000;

/** What a ticket is minted for: the members of `POST /v1/tickets`. */
export interface MintRequest {
  readonly client_id: string;
  readonly redirect_uri?: string;
  readonly state?: string;
  readonly scope?: string;
  readonly nonce?: string;
  readonly code_challenge?: string;
  readonly code_challenge_method?: 'S256';
  readonly request?: string;
  readonly result_key?: PublicKey;
  readonly binding: 'cookie' | 'bearer';
}

/**
 * Why the gateway will not mint: its problem document (RFC 9457). Some codes are the client's own:
 * `origin_refused` with the page's origin, `blocked_by_page` with the gateway's, `sealing_unsupported` where the browser has
 * no keys for `sealed`, and `sealed_unreadable` for what was sealed to another key.
 */
export interface MintProblem {
  readonly code: string;
  readonly title?: string;
  readonly detail?: string;
  /** The member of the request that is wrong. */
  readonly field?: string;
  /** What was sent as that member, of those that are no secret. */
  readonly sent?: string;
}

/** What minting tells; `minted` or `refused` comes once, `waiting` whenever the gateway cannot be reached. */
export interface MintEvents {
  minted(notice: Notice, access: Access): void;
  refused(problem: MintProblem): void;
  waiting(): void;
}

/** Mints a ticket, and tries until the gateway answers. */
export function mintTicket(
  platform: Platform,
  gateway: string,
  request: MintRequest,
  events: MintEvents,
): Cancel {
  const backoff = makeBackoff(() => platform.random());
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const body = JSON.stringify(request);
  let pausing = false;
  let cancel: Cancel = () => {};

  function refuse(problem: MintProblem): void {
    end();
    events.refused(problem);
  }

  function send(): void {
    pausing = false;
    const url = gateway + '/v1/tickets';
    cancel = platform.request({ method: 'POST', url, headers, body, timeoutMs: ANSWER_MS }, (response) => {
      if (response.status !== 0) lostAnswers.came();
      if (response.status === 201) {
        const minted = parseJson(response.body) as
          (Notice & { links: Links; browser_secret?: string }) | undefined;
        if (minted?.links && minted.cursor) {
          end();
          const links = linksOn(originOf(gateway), minted.links);
          const secret = minted.browser_secret;
          events.minted(minted, secret === undefined ? { links } : { links, bearer: secret });
          return;
        }
      }
      const mine = response.status >= 400 && response.status < 500;
      if (mine && response.status !== 429 && response.status !== 408) {
        const problem = parseJson(response.body) as Partial<MintProblem> | undefined;
        refuse({ ...problem, code: problem?.code ?? 'invalid_request', ...sentAs(request, problem?.field) });
        return;
      }
      pausing = true;
      cancel = platform.clock.after(backoff.nextMs(retryAfterMs((name) => response.header(name))), send);
      events.waiting();
      if (response.status === 0) lostAnswers.lost();
    });
  }

  const sleepless = platform.onWake((wake) => {
    if (!pausing || wake === 'hidden') return;
    cancel();
    send();
  });
  const lostAnswers = watchLostAnswers(platform, gateway, () => {
    refuse({ code: 'origin_refused', detail: platform.origin });
  });
  const unblock = platform.onBlocked?.((address) => {
    if (originOf(address) === originOf(gateway)) refuse({ code: 'blocked_by_page', detail: gateway });
  });

  function end(): void {
    sleepless();
    lostAnswers.stop();
    unblock?.();
    cancel();
  }

  send();
  return end;
}

function sentAs(request: MintRequest, field: string | undefined): Pick<MintProblem, 'sent'> {
  const sent = field === 'client_id' || field === 'redirect_uri' ? request[field] : undefined;
  return sent === undefined ? {} : { sent };
}
