import { originOf } from './address.ts';
import { createCountdown } from './countdown.ts';
import { mintTicket, type MintProblem, type MintRequest } from './mint.ts';
import type { Notice, SignInResult, TicketStatus } from './notice.ts';
import type { Cancel, Platform } from './platform.ts';
import { accessHeaders, type Access, type TransportName } from './transport.ts';
import { transportsFor } from './transports.ts';
import { challengeOf, makeVerifier } from './verifier.ts';
import { watchTicket } from './watcher.ts';

/** What a page asks for; the names are those of OAuth, in camel case. */
export interface SignInOptions {
  readonly clientId: string;
  /** The gateway's origin; the page's own when missing. */
  readonly gateway?: string;
  readonly redirectUri?: string;
  readonly scope?: string;
  readonly state?: string;
  readonly nonce?: string;
  /** An S256 challenge whose verifier somebody else holds. When missing, the client makes both. */
  readonly codeChallenge?: string;
  /** Only these ways to wait, in the order socket, events, poll, ask; all when missing. */
  readonly transports?: readonly TransportName[];
  /** Told about every change, and once at the start. */
  readonly onState?: (state: SignInState) => void;
  /** Told once when the user has confirmed. */
  readonly onResult?: (result: SignInResult, verifier: string | undefined) => void;
}

/** Where a sign-in stands, for showing it. */
export interface SignInState {
  /** `starting` before there is a ticket; `failed` when the gateway will never give one. */
  readonly status: 'starting' | TicketStatus | 'failed';
  /** False while the gateway cannot be reached; the sign-in goes on by itself. */
  readonly online: boolean;
  /** How it waits at present. */
  readonly transport?: TransportName;
  /** The newest notice of the ticket. */
  readonly notice?: Notice;
  /** Where the QR code is drawn, and the secret that this needs when there is no cookie. */
  readonly qr?: { readonly url: string; readonly bearer?: string };
  /** Why it `failed`. */
  readonly problem?: MintProblem;
}

/** A sign-in that runs. */
export interface SignIn {
  state(): SignInState;
  /** Milliseconds until the ticket expires, by the gateway's count. */
  leftMs(): number;
  /** Starts over with a new code. */
  renew(): void;
  /** Cancels the ticket: a phone can no longer confirm it. */
  cancel(): void;
  /** Lets go of everything without a word to the gateway. */
  stop(): void;
}

function mintRequest(
  options: SignInOptions,
  challenge: string,
  binding: MintRequest['binding'],
): MintRequest {
  return {
    client_id: options.clientId,
    ...(options.redirectUri ? { redirect_uri: options.redirectUri } : {}),
    ...(options.state ? { state: options.state } : {}),
    ...(options.scope ? { scope: options.scope } : {}),
    ...(options.nonce ? { nonce: options.nonce } : {}),
    code_challenge: challenge,
    code_challenge_method: 'S256',
    binding,
  };
}

/** Starts a sign-in: mints a ticket and watches it to its end. */
export function startSignInOn(platform: Platform, options: SignInOptions): SignIn {
  const gateway = originOf(options.gateway ?? '') || platform.origin;
  const countdown = createCountdown(platform.clock);
  let state: SignInState = { status: 'starting', online: true };
  let access: Access | undefined;
  let round = 0;
  let release: Cancel = () => {};

  function change(next: Partial<SignInState>): void {
    state = { ...state, ...next };
    options.onState?.(state);
  }

  function onNotice(notice: Notice, qr: SignInState['qr'], verifier: string | undefined): void {
    countdown.set(notice.expires_in_ms);
    const shown = notice.status === 'pending' && qr ? { qr } : {};
    change({ status: notice.status, notice, ...shown });
    if (notice.status === 'confirmed' && notice.result) options.onResult?.(notice.result, verifier);
  }

  function begin(): void {
    round += 1;
    const mine = round;
    const live = (run: () => void): void => {
      if (mine === round) run();
    };
    const verifier = options.codeChallenge ? undefined : makeVerifier((count) => platform.randomBytes(count));
    const challenge = options.codeChallenge ?? challengeOf(verifier ?? '');
    access = undefined;
    state = { status: 'starting', online: true };
    options.onState?.(state);
    const own = gateway === platform.origin && platform.provesOrigin;
    const request = mintRequest(options, challenge, own ? 'cookie' : 'bearer');
    release = mintTicket(platform, gateway, request, {
      waiting: () => live(() => change({ online: false })),
      refused: (problem) => live(() => change({ status: 'failed', online: true, problem })),
      minted(first, granted) {
        access = granted;
        const bearer = granted.bearer;
        const qr = bearer === undefined ? { url: granted.links.qr } : { url: granted.links.qr, bearer };
        const transports = transportsFor(platform, granted, options.transports);
        release = () => {};
        const stopWatching = watchTicket(platform, granted, transports, first, {
          notice: (notice) => live(() => onNotice(notice, qr, verifier)),
          gone: () => live(() => change({ status: 'expired' })),
          connection(online, transport) {
            live(() => {
              if (state.online !== online || state.transport !== transport) change({ online, transport });
            });
          },
        });
        if (mine === round) release = stopWatching;
        else stopWatching();
      },
    });
  }

  function stop(): void {
    round += 1;
    release();
    release = () => {};
  }

  function withdraw(done: (status: number) => void): void {
    if (!access || (state.status !== 'pending' && state.status !== 'scanned')) return;
    const headers = accessHeaders(access);
    const request = { method: 'DELETE', url: access.links.self, headers, timeoutMs: 10000 } as const;
    platform.request(request, (response) => done(response.status));
  }

  begin();
  return {
    state: () => state,
    leftMs: () => countdown.leftMs(),
    renew() {
      withdraw(() => {});
      stop();
      begin();
    },
    cancel() {
      const mine = round;
      withdraw((status) => {
        if (status !== 204 || mine !== round) return;
        stop();
        change({ status: 'cancelled' });
      });
    },
    stop,
  };
}
