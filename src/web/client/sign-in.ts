import { baseOf } from './address.ts';
import { makeCountdown } from './countdown.ts';
import { startAttempt, type Attempt } from './attempt.ts';
import type { Platform } from './platform.ts';
import type { SameDevice } from './same-device.ts';
import type { SignInOptions } from './sign-in-options.ts';
import { isAsking, type SignInState } from './sign-in-state.ts';
import { makeTurns } from './turns.ts';

/** A sign-in that runs. */
export interface SignIn {
  state(): SignInState;
  /** Milliseconds until the ticket expires, by the gateway's count. */
  leftMs(): number;
  /** Starts over with a new code. */
  renew(): void;
  /** Says of who signs in, while `notice.ask` is there: that is me. The result follows. */
  accept(): void;
  /** Cancels the ticket: a phone can no longer confirm it. While `notice.ask` is there: that is not me. */
  cancel(): void;
  /** Where the user can go on in this very browser, while pending; undefined where the code alone will do. */
  sameDevice(): SameDevice | undefined;
  /** Lets go of everything without a word to the gateway. */
  stop(): void;
}

/** The gateway of a sign-in, without a slash at its end: the one it names, else where the client was loaded from, else the page's own origin. */
export function gatewayOf(platform: Platform, options: SignInOptions): string {
  return baseOf(options.gateway ?? '') || platform.scriptGateway || platform.origin;
}

/** Starts a sign-in: mints a ticket and watches it to its end. */
export function startSignInOn(platform: Platform, options: SignInOptions): SignIn {
  const gateway = gatewayOf(platform, options);
  const countdown = makeCountdown(platform.clock);
  const turns = makeTurns();
  let state: SignInState;
  let attempt: Attempt | undefined;

  function change(next: Partial<SignInState>): void {
    state = { ...state, ...next };
    options.onState?.(state);
  }

  function start(): void {
    const turn = turns.now();
    attempt = undefined;
    state = { status: 'starting', online: true };
    options.onState?.(state);
    attempt = startAttempt(platform, gateway, options, turn, {
      change: (next) => turn.run(() => change(next)),
      notice(notice, qr, verifier) {
        turn.run(() => {
          countdown.set(notice.expires_in_ms);
          const shown = notice.status === 'pending' ? { qr } : {};
          change({ status: notice.status, notice, ...shown });
          const { result } = notice;
          if (notice.status === 'confirmed' && result && 'code' in result)
            options.onResult?.(result, verifier);
        });
      },
      connection(online, transport) {
        turn.run(() => {
          if (state.online !== online || state.transport !== transport) change({ online, transport });
        });
      },
    });
  }

  /** Gives the ticket up where a phone could still confirm it. */
  function withdraw(done: (status: number) => void): void {
    if (state.status === 'pending' || state.status === 'scanned' || isAsking(state)) attempt?.withdraw(done);
  }

  start();
  return {
    state: () => state,
    leftMs: () => countdown.leftMs(),
    renew() {
      withdraw(() => {});
      turns.end();
      start();
    },
    accept() {
      // The result comes the way that all notices come.
      if (isAsking(state)) attempt?.accept();
    },
    cancel() {
      const turn = turns.now();
      withdraw((status) => {
        turn.run(() => {
          // The notice of it, which brings the result, comes the way that all notices come.
          if (status === 204) change({ status: 'cancelled' });
        });
      });
    },
    sameDevice: () => (state.status === 'pending' ? attempt?.sameDevice() : undefined),
    stop: () => turns.end(),
  };
}
