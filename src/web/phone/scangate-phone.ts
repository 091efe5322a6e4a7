import { exchange } from './exchange.ts';
import { fetchTransport } from './phone-transport.ts';
import type { PhoneTransport } from './phone-transport.ts';
import { readScanned } from './scanned-text.ts';
import type { ScannedCode } from './scanned-text.ts';
import { PhoneError } from './phone-error.ts';
import { readScanAnswer, signInRequest } from './sign-in-request.ts';
import type { SignInRequest } from './sign-in-request.ts';

/** Which gateway, whose phone, and over what. */
export interface PhoneOptions {
  /** The gateway's public address, `https://sign-in.example.com`. */
  readonly gateway: string;
  /**
   * The signed-in user's credential, as the gateway's operator chose (docs/phones.md): the app's own JWT. Asked for each
   * request; `refused`: the gateway did not take the one before, so get a fresh one.
   */
  readonly credential: (refused: boolean) => string | Promise<string>;
  /** How requests are sent; by default with `fetch`. */
  readonly transport?: PhoneTransport;
  /** For tests: waits so many milliseconds. */
  readonly pause?: (ms: number) => Promise<void>;
  /** For tests: milliseconds, from any start. */
  readonly now?: () => number;
  /** For tests: 0 ≤ random < 1. */
  readonly random?: () => number;
}

/** Where the user is signed in. */
export interface PhoneSession {
  readonly sid: string;
  readonly client: { readonly id: string; readonly name: string };
  readonly openedAt: Date;
  readonly lastSeenAt: Date;
  readonly browser: { readonly address: string; readonly place?: string; readonly agent: string };
}

/** What an app does as the phone. Each call repeats itself over a bad network, and does its work once. */
export interface ScangatePhone {
  /** What a scanned, opened or typed text names; undefined where it is nothing of this gateway's. */
  read(text: string): ScannedCode | undefined;
  /**
   * Scans: the browser shows that someone did. The same user may scan again.
   *
   * @throws PhoneError `already_denied` with the field `risk` where the gateway refuses it: say why ({@link PhoneError.warnings}).
   */
  scan(code: ScannedCode): Promise<SignInRequest>;
  /** Where the user is signed in. @throws PhoneError */
  sessions(): Promise<readonly PhoneSession[]>;
  /** Signs out there. Again does no harm. @throws PhoneError */
  endSession(sid: string): Promise<void>;
}

const PATIENCE_MS = 30_000;

/** Makes the phone of one signed-in user at one gateway. */
export function scangatePhone(options: PhoneOptions): ScangatePhone {
  const {
    transport = fetchTransport(),
    now = Date.now,
    random = Math.random,
    pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  } = options;
  const gateway = options.gateway.replace(/\/+$/, '');
  const makeKey = (): string => keyOf(random, now);
  const parts = { gateway, credential: options.credential, transport, pause, now, random, makeKey };

  return {
    read: (text) => readScanned(text, gateway),

    async scan({ kind, code }) {
      const askedAt = now();
      const body = kind === 'scan_code' ? { scan_code: code } : { user_code: code };
      const read = readScanAnswer;
      const key = makeKey();
      const call = { method: 'POST', path: '/v1/scans', body, key, patienceMs: PATIENCE_MS, read } as const;
      const answer = await exchange(parts, call);
      if (answer.status === 'denied') throw refused(answer);
      return signInRequest(parts, answer, askedAt);
    },

    sessions: () =>
      exchange(parts, { method: 'GET', path: '/v1/sessions', patienceMs: PATIENCE_MS, read: readSessions }),

    async endSession(sid) {
      const path = `/v1/sessions/${encodeURIComponent(sid)}`;
      await exchange(parts, { method: 'DELETE', path, patienceMs: PATIENCE_MS, read: () => true });
    },
  };
}

function refused({ risk }: { readonly risk?: { readonly reasons: readonly string[] } }): PhoneError {
  const message = 'The gateway refused this sign-in: it may not be the user’s own.';
  return new PhoneError('already_denied', message, { field: 'risk', warnings: risk?.reasons });
}

// A key need not be secret, only no other's: it counts for this user, this ticket and this command alone.
function keyOf(random: () => number, now: () => number): string {
  const part = (): string => random().toString(36).slice(2, 12);
  return `${Math.floor(now()).toString(36)}-${part()}${part()}`;
}

interface SessionsAnswer {
  readonly sessions: readonly {
    readonly sid: string;
    readonly client: string;
    readonly client_name: string;
    readonly opened_at: string;
    readonly last_seen_at: string;
    readonly browser: { readonly ip: string; readonly place?: string; readonly agent: string };
  }[];
}

function readSessions(body: unknown): readonly PhoneSession[] | undefined {
  const { sessions } = (body ?? {}) as Partial<SessionsAnswer>;
  if (!Array.isArray(sessions)) return undefined;
  return (sessions as SessionsAnswer['sessions']).map((session) => ({
    sid: session.sid,
    client: { id: session.client, name: session.client_name },
    openedAt: new Date(session.opened_at),
    lastSeenAt: new Date(session.last_seen_at),
    browser: {
      address: session.browser.ip,
      ...(session.browser.place === undefined ? {} : { place: session.browser.place }),
      agent: session.browser.agent,
    },
  }));
}
