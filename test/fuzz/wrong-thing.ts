import type { Random } from '../support/random.ts';
import type { Sending } from './exchange.ts';
import { acceptStep, confirmStep, look, json, redeemStep, refreshStep, scanStep } from './sign-in.ts';
import type { SignIn, Step } from './sign-in.ts';
import { letters } from './schema-value.ts';
import { MARK } from './verdict.ts';

/** One thing that is wrong with a request in the midst of a sign-in. Each must be refused, and must change nothing. */
export interface WrongThing {
  readonly name: string;
  /** The step that it makes sense before, and not after; any if none. */
  readonly before?: string;
  /** The request; undefined where it would be right, or makes no sense, at this point. @param other another's sign-in */
  readonly send: (mine: SignIn, other: SignIn, random: Random) => Sending | undefined;
}

/** A text with one character changed: not the last, of which some bits may not count. */
function damaged(text: string, random: Random): string {
  const at = random.between(0, text.length - 2);
  const instead = text[at] === 'A' ? 'B' : 'A';
  return text.slice(0, at) + instead + text.slice(at + 1);
}

const asBearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const asCookie = ({ ticketId }: SignIn, secret: string) => ({
  cookie: `scangate_${ticketId}=${secret}`,
  'sec-fetch-site': 'same-origin',
});
const proving = ({ binding }: SignIn, mine: SignIn, secret: string): Record<string, string> =>
  binding === 'bearer' ? asBearer(secret) : asCookie(mine, secret);

const BROWSER_PATHS = ['', '/events', '/poll', '/qr.svg', '/qr.png', '/accept', '/return', '/page'];

/** What a browser may do, by whoever the headers prove. */
function asBrowser({ ticketId }: SignIn, headers: Readonly<Record<string, string>>, random: Random): Sending {
  const path = random.pick(BROWSER_PATHS);
  const method = path === '/accept' ? 'POST' : path === '' && random.chance(0.5) ? 'DELETE' : 'GET';
  if (path === '/return') {
    const body = json({ return_secret: `${MARK}.1-1.${letters(random, 43)}` });
    const typed = { ...headers, 'content-type': 'application/json' };
    return { method: 'POST', path: `/v1/tickets/${ticketId}/return`, headers: typed, body };
  }
  return { method, path: `/v1/tickets/${ticketId}${path}`, headers };
}

const changed = (step: Step, signIn: SignIn, over: Partial<SignIn>): Sending =>
  step.send({ ...signIn, ...over });

/** A form with one member replaced. */
function withMember(sending: Sending, name: string, value: string): Sending {
  const members = new URLSearchParams(String(sending.body));
  members.set(name, value);
  return { ...sending, body: members.toString() };
}

export const WRONG_THINGS: readonly WrongThing[] = [
  { name: 'no browser secret', send: (mine, _other, random) => asBrowser(mine, {}, random) },
  {
    name: 'the secret of another browser',
    send: (mine, other, random) => asBrowser(mine, proving(other, mine, other.secret), random),
  },
  {
    name: 'a damaged secret',
    send: (mine, _other, random) =>
      asBrowser(mine, proving(mine, mine, damaged(mine.secret, random)), random),
  },
  {
    name: 'a secret in the other binding',
    send: (mine, _other, random) =>
      asBrowser(
        mine,
        mine.binding === 'cookie' ? asBearer(mine.secret) : asCookie(mine, mine.secret),
        random,
      ),
  },
  {
    name: 'the scan code in place of the secret',
    send: (mine, _other, random) => asBrowser(mine, proving(mine, mine, mine.scanCode), random),
  },
  {
    name: 'a cookie from another site',
    send: (mine, _other, random) =>
      mine.binding === 'cookie'
        ? asBrowser(mine, { ...mine.browser, 'sec-fetch-site': random.pick(['cross-site', 'x']) }, random)
        : asBrowser(mine, { ...mine.browser, origin: 'https://evil.example' }, random),
  },
  {
    name: 'a damaged scan code',
    send: (mine, _other, random) => changed(scanStep, mine, { scanCode: damaged(mine.scanCode, random) }),
  },
  {
    name: 'a scan without a credential',
    send: (mine) => ({ ...scanStep.send(mine), headers: { 'content-type': 'application/json' } }),
  },
  {
    name: 'a scan by a second user, once it is scanned',
    send: (mine) => (mine.code === undefined ? undefined : changed(scanStep, mine, { phone: 'mallory' })),
  },
  {
    name: 'a decision by another user',
    send: (mine, _other, random) =>
      mine.handshake === undefined ? undefined : decided(mine, { phone: 'mallory' }, random),
  },
  {
    name: 'a decision without a credential',
    send: (mine, _other, random) => ({
      ...decided(mine, { handshake: mine.handshake ?? MARK }, random),
      headers: { 'content-type': 'application/json' },
    }),
  },
  {
    name: 'a damaged handshake',
    send: (mine, _other, random) =>
      mine.handshake === undefined
        ? undefined
        : decided(mine, { handshake: damaged(mine.handshake, random) }, random),
  },
  {
    name: 'a handshake of another ticket',
    send: (mine, other, random) =>
      other.handshake === undefined ? undefined : decided(mine, { handshake: other.handshake }, random),
  },
  {
    name: 'a decision before the scan',
    before: 'scan',
    send: (mine, _other, random) =>
      mine.handshake === undefined
        ? decided(mine, { handshake: `${mine.ticketId}.1-1.${letters(random, 22)}` }, random)
        : undefined,
  },
  {
    name: 'the secret of the browser as a handshake',
    send: (mine, _other, random) => decided(mine, { handshake: mine.secret }, random),
  },
  {
    name: 'a confirmation without its number',
    before: 'confirm',
    send: ({ number: _number, ...mine }) =>
      // Once it is confirmed, the same again is the same (docs/wire.md), whatever it says of a number.
      mine.client === 'asking' && mine.handshake !== undefined && mine.isConfirmed !== true
        ? confirmStep.send(mine)
        : undefined,
  },
  {
    name: 'a wrong verifier',
    before: 'redeem',
    send: (mine, other) => redeemed(mine, 'code_verifier', other.verifier),
  },
  {
    name: 'another client',
    before: 'redeem',
    send: (mine) => redeemed(mine, 'client_id', mine.client === 'app' ? 'asking' : 'app'),
  },
  {
    name: 'another redirect address',
    before: 'redeem',
    send: (mine) => redeemed(mine, 'redirect_uri', 'https://app.example/back?x'),
  },
  {
    name: 'a damaged code',
    before: 'redeem',
    send: (mine, _other, random) => redeemed(mine, 'code', damaged(mine.code ?? mine.secret, random)),
  },
  {
    name: 'the handshake as a code',
    before: 'redeem',
    send: (mine) => redeemed(mine, 'code', mine.handshake ?? mine.scanCode),
  },
  {
    name: 'a damaged refresh token',
    send: (mine, _other, random) => refreshed(mine, 'refresh_token', (token) => damaged(token, random)),
  },
  {
    name: 'a refresh token of another client',
    send: (mine) => refreshed(mine, 'client_id', () => (mine.client === 'app' ? 'asking' : 'app')),
  },
  {
    name: 'an access token as a refresh token',
    send: (mine) => refreshed(mine, 'refresh_token', () => mine.tokens?.access_token ?? ''),
  },
  {
    name: 'a refresh token as an access token',
    send: ({ tokens }) =>
      tokens === undefined
        ? undefined
        : { method: 'GET', path: '/oauth/userinfo', headers: asBearer(tokens.refresh_token ?? '') },
  },
  {
    name: 'a cancellation after the confirmation',
    send: (mine) => (mine.code === undefined ? undefined : { ...look.send(mine), method: 'DELETE' }),
  },
  {
    name: 'an acceptance where nothing is asked',
    before: 'scan',
    send: (mine) => (mine.handshake === undefined ? acceptStep.send(mine) : undefined),
  },
];

function decided(mine: SignIn, over: Partial<SignIn>, random: Random): Sending {
  const sending = changed(confirmStep, mine, over);
  return random.chance(0.5) ? sending : { ...sending, path: sending.path.replace('confirm', 'deny') };
}

/** The code is still good where it is not the first try: a wrong one uses nothing up. */
function redeemed(mine: SignIn, name: string, value: string): Sending | undefined {
  return mine.code === undefined || mine.tokens !== undefined
    ? undefined
    : withMember(redeemStep.send(mine), name, value);
}

function refreshed(mine: SignIn, name: string, of: (token: string) => string): Sending | undefined {
  const token = mine.tokens?.refresh_token;
  return token === undefined ? undefined : withMember(refreshStep.send(mine), name, of(token));
}
