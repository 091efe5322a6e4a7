import { exchange } from './exchange.ts';
import type { ExchangeParts } from './exchange.ts';
import { PhoneError } from './phone-error.ts';

/** What the user must see before deciding: who asks, and from where. All of it is text from outside; none is HTML. */
export interface ShownRequest {
  readonly client: {
    readonly name: string;
    /** Where the application lives; empty where that is unknown. */
    readonly domain: string;
    /** Whether the operator vouches for it. */
    readonly isVerified: boolean;
  };
  /** The browser that will be signed in. */
  readonly browser: {
    readonly address: string;
    readonly place?: string;
    /** Its `User-Agent`. */
    readonly agent: string;
    readonly firstSeen: Date;
    /** Whether it is in the phone's own network. If not, ask twice: the code may have been sent to the user by a stranger. */
    readonly isSameNetwork: boolean;
  };
  /** The code that the device shows: to be compared by the user. Only for devices. */
  readonly userCode?: string;
  /** Whether the user must type the number that the browser shows. */
  readonly asksNumber: boolean;
  /** What of it may not be the user's own doing, to be said in words; empty: nothing was seen. */
  readonly warnings: readonly string[];
  /** Whether the browser is one of this very device. If not, say to the user that ANOTHER device will be signed in. */
  readonly isSameDevice: boolean;
  /** What the application gets of the user once they confirm. */
  readonly release: ReleaseShown;
  /** Whether the application asks for a fresher sign-in than this phone's: sign the user in anew in the app before {@link SignInRequest.confirm}. */
  readonly needsFreshSignIn: boolean;
}

/** What an application gets of the user, by the names of OpenID Connect. */
export interface ReleaseShown {
  readonly scopes: readonly string[];
  /** The claims that it is told, of those that this user has. */
  readonly claims: readonly string[];
  /** Who else is shown its access tokens. */
  readonly resource?: string;
}

/** A scanned sign-in that waits for the user's decision. */
export interface SignInRequest {
  readonly ticketId: string;
  readonly shown: ShownRequest;
  /** Milliseconds that are left to decide, at least 0. */
  leftMs(): number;
  /**
   * Says yes. Again after `offline` is safe: it is the same decision, sent under the same key.
   *
   * @param number what the user typed, in digits of any keyboard, where {@link ShownRequest.asksNumber}.
   * @throws PhoneError `invalid_request` with the field `number` for a wrong number, or where one is asked for only now, because
   *   another phone scanned the code too: ask, and confirm again;
   *   `insufficient_user_authentication` where {@link ShownRequest.needsFreshSignIn}: sign the user in anew, then again.
   */
  confirm(number?: string): Promise<Decided>;
  /** Says no. @param options.report the user says: this was not me. @throws PhoneError */
  deny(options?: { readonly report?: boolean }): Promise<Decided>;
}

/** How it stands after a decision. `redeemed`: the browser is signed in already. */
export interface Decided {
  readonly status: 'confirmed' | 'redeemed' | 'denied';
  /**
   * Where {@link ShownRequest.isSameDevice}: the app opens it in the phone's browser, which goes on there. It holds a secret
   * that counts once, in the browser that began alone.
   */
  readonly returnUrl?: string;
  /**
   * Where the application is given one: who approved which request, signed (a JWS of the type `scangate-receipt+jwt`). It is the
   * user's to keep.
   */
  readonly receipt?: string;
}

/** The answer to `POST /v1/scans`. */
interface ScanAnswer {
  readonly ticket_id: string;
  readonly handshake: string;
  readonly client: { readonly name: string; readonly domain?: string; readonly verified: boolean };
  readonly browser: {
    readonly ip: string;
    readonly place?: string;
    readonly agent: string;
    readonly first_seen: string;
    readonly same_network: boolean;
  };
  readonly user_code?: string;
  readonly number_match?: boolean;
  readonly status?: string;
  readonly risk?: { readonly outcome: string; readonly reasons: readonly string[] };
  readonly release?: ReleaseShown;
  readonly fresh_needed?: boolean;
  readonly same_device?: boolean;
  readonly expires_in_ms: number;
}

/** Reads the answer to a scan; undefined where it is none. */
export function readScanAnswer(body: unknown): ScanAnswer | undefined {
  const answer = body as Partial<ScanAnswer> | null | undefined;
  const isOne =
    typeof answer?.ticket_id === 'string' &&
    typeof answer.handshake === 'string' &&
    typeof answer.client?.name === 'string' &&
    typeof answer.browser?.ip === 'string' &&
    typeof answer.expires_in_ms === 'number';
  return isOne ? (answer as ScanAnswer) : undefined;
}

/** Makes the request of a scan's answer. @param askedAt when the scan was sent. */
export function signInRequest(
  parts: ExchangeParts & { readonly makeKey: () => string },
  answer: ScanAnswer,
  askedAt: number,
): SignInRequest {
  const endsAt = askedAt + answer.expires_in_ms;
  const leftMs = (): number => Math.max(0, endsAt - parts.now());
  const keys: Record<string, string> = {};
  const running: Record<string, Promise<Decided> | undefined> = {};

  function send(decision: 'confirm' | 'deny', more: object): Promise<Decided> {
    const body = { handshake: answer.handshake, ...more };
    const name = decision + JSON.stringify(more);
    const key = (keys[name] ??= parts.makeKey());
    const path = `/v1/tickets/${answer.ticket_id}/${decision}`;
    const patienceMs = Math.max(leftMs(), PATIENCE_MIN_MS);
    // Two taps are one decision.
    const sent = (running[name] ??= exchange(parts, {
      method: 'POST',
      path,
      body,
      key,
      patienceMs,
      read: readDecided,
    }).finally(() => {
      running[name] = undefined;
    }));
    return sent;
  }

  return {
    ticketId: answer.ticket_id,
    shown: shownOf(answer),
    leftMs,
    confirm(number) {
      if (answer.number_match !== true) return send('confirm', number === undefined ? {} : { number });
      if (number === undefined || /^\s*$/.test(number))
        return Promise.reject(
          new PhoneError('invalid_request', 'The number is missing.', { field: 'number' }),
        );
      return send('confirm', { number });
    },
    deny: ({ report = false } = {}) => send('deny', report ? { report } : {}),
  };
}

const PATIENCE_MIN_MS = 5000;

function readDecided(body: unknown): Decided | undefined {
  const { status, return_url: url, receipt } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (status !== 'confirmed' && status !== 'redeemed' && status !== 'denied') return undefined;
  return {
    status,
    ...(typeof url === 'string' ? { returnUrl: url } : {}),
    ...(typeof receipt === 'string' ? { receipt } : {}),
  };
}

function shownOf(answer: ScanAnswer): ShownRequest {
  const { client, browser, user_code: userCode } = answer;
  return {
    client: { name: client.name, domain: client.domain ?? '', isVerified: client.verified },
    browser: {
      address: browser.ip,
      ...(browser.place === undefined ? {} : { place: browser.place }),
      agent: browser.agent,
      firstSeen: new Date(browser.first_seen),
      isSameNetwork: browser.same_network,
    },
    ...(userCode === undefined ? {} : { userCode }),
    asksNumber: answer.number_match === true,
    warnings: answer.risk?.reasons ?? [],
    release: answer.release ?? { scopes: [], claims: [] },
    needsFreshSignIn: answer.fresh_needed === true,
    isSameDevice: answer.same_device === true,
  };
}
