import { originOf } from './address.ts';
import { mintTicket, type MintRequest } from './mint.ts';
import type { Notice } from './notice.ts';
import type { Platform } from './platform.ts';
import { sameDeviceOf, type SameDevice } from './same-device.ts';
import type { SignInOptions } from './sign-in-options.ts';
import type { SignInState } from './sign-in-state.ts';
import { accessHeaders, type Access, type TransportName } from './transport.ts';
import { transportsFor } from './transports.ts';
import type { ResultKey } from './result-key.ts';
import type { Turn } from './turns.ts';
import { unsealing } from './unsealed.ts';
import { challengeOf, makeVerifier } from './verifier.ts';
import { watchTicket } from './watcher.ts';

const ANSWER_MS = 10000;

/** What an attempt tells. */
export interface AttemptEvents {
  change(next: Partial<SignInState>): void;
  notice(notice: Notice, qr: NonNullable<SignInState['qr']>, verifier: string | undefined): void;
  connection(online: boolean, transport: TransportName): void;
}

/** One ticket, from its minting to its end. */
export interface Attempt {
  /** Tells the gateway that who signs in is the one here. */
  accept(): void;
  /** Tells the gateway to cancel the ticket. Without a ticket nothing happens. */
  withdraw(done: (status: number) => void): void;
  /** Where it goes on in this very browser; undefined without a ticket, or where it cannot. */
  sameDevice(): SameDevice | undefined;
}

/** Mints a ticket and watches it, for as long as `turn` lasts. */
export function startAttempt(
  platform: Platform,
  gateway: string,
  options: SignInOptions,
  turn: Turn,
  events: AttemptEvents,
): Attempt {
  const made = options.codeChallenge !== undefined || options.request !== undefined;
  const verifier = made ? undefined : makeVerifier((count) => platform.randomBytes(count));
  const challenge = verifier === undefined ? options.codeChallenge : challengeOf(verifier);
  const own = originOf(gateway) === platform.origin && platform.keepsCookie;
  let access: Access | undefined;

  function fail(code: string): void {
    events.change({ status: 'failed', online: true, problem: { code } });
  }

  function watch(first: Notice, granted: Access, key: ResultKey | undefined): void {
    const { links, bearer } = granted;
    const qr = bearer === undefined ? { url: links.qr } : { url: links.qr, bearer };
    const transports = transportsFor(platform, granted, options.transports);
    const told = unsealing(
      key,
      (notice) => events.notice(notice, qr, verifier),
      () => fail('sealed_unreadable'),
    );
    const stopWatching = watchTicket(platform, granted, transports, first, {
      notice: (notice) => told.take(notice),
      gone: () => events.change({ status: 'expired' }),
      connection: (online, transport) => events.connection(online, transport),
    });
    turn.hold(stopWatching);
  }

  function mint(key: ResultKey | undefined): void {
    const asked = mintRequest(options, challenge, own ? 'cookie' : 'bearer');
    const request = key === undefined ? asked : { ...asked, result_key: key.jwk };
    const stopMinting = mintTicket(platform, gateway, request, {
      waiting: () => events.change({ online: false }),
      refused: (problem) => events.change({ status: 'failed', online: true, problem }),
      minted(first, granted) {
        access = granted;
        watch(first, granted, key);
      },
    });
    turn.hold(stopMinting);
  }

  if (options.sealed !== true) mint(undefined);
  else if (platform.makeResultKey === undefined) fail('sealing_unsupported');
  else
    platform.makeResultKey((key) =>
      turn.run(() => (key === undefined ? fail('sealing_unsupported') : mint(key))),
    );

  function tell(method: 'POST' | 'DELETE', path: string, done: (status: number) => void): void {
    if (!access) return;
    const headers = accessHeaders(access);
    const request = { method, url: access.links.self + path, headers, timeoutMs: ANSWER_MS };
    platform.request(request, (response) => done(response.status));
  }

  return {
    accept: () => tell('POST', '/accept', () => {}),
    withdraw: (done) => tell('DELETE', '', done),
    sameDevice: () => access && sameDeviceOf({ platform, gateway, options, challenge, verifier }, access),
  };
}

function mintRequest(
  options: SignInOptions,
  challenge: string | undefined,
  binding: MintRequest['binding'],
): MintRequest {
  return {
    client_id: options.clientId,
    ...(options.redirectUri ? { redirect_uri: options.redirectUri } : {}),
    ...(options.state ? { state: options.state } : {}),
    ...(options.scope ? { scope: options.scope } : {}),
    ...(options.nonce ? { nonce: options.nonce } : {}),
    ...(challenge ? { code_challenge: challenge, code_challenge_method: 'S256' } : {}),
    ...(options.request ? { request: options.request } : {}),
    binding,
  };
}
