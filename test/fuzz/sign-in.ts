import { randomBytes } from 'node:crypto';
import { readScanCode, s256 } from '../support/signin.ts';
import type { Notice, Scanned, Tokens } from '../support/signin.ts';
import type { Exchanged, Sender, Sending } from './exchange.ts';
import { CALLBACK } from './gateway.ts';

/** One sign-in, as far as it has come, with everything that its actors hold. */
export interface SignIn {
  readonly client: 'app' | 'asking';
  readonly binding: 'cookie' | 'bearer';
  readonly phone: string;
  readonly verifier: string;
  readonly ticketId: string;
  /** The browser secret, and the headers that prove it. */
  readonly secret: string;
  readonly browser: Readonly<Record<string, string>>;
  scanCode: string;
  handshake?: string;
  number?: string;
  isConfirmed?: boolean;
  code?: string;
  tokens?: Tokens;
}

/** What a step of a sign-in sends, once the one before it was answered. */
export interface Step {
  readonly name: string;
  readonly send: (signIn: SignIn) => Sending;
  /** Statuses that it is answered by when all is right. */
  readonly right: readonly number[];
  readonly learn?: (signIn: SignIn, body: never) => void;
}

export const phoneHeaders = (name: string): Record<string, string> => ({
  authorization: `Bearer demo-${name}`,
  'content-type': 'application/json',
});
export const json = (value: unknown): string => JSON.stringify(value);
const form = (members: Readonly<Record<string, string>>): string => new URLSearchParams(members).toString();
const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** A mint of `app`. */
export const mintSending: Sending = mintOf('app', 'bearer', 'c'.repeat(43));

export const look: Step = {
  name: 'look',
  send: ({ ticketId, browser }) => ({ method: 'GET', path: `/v1/tickets/${ticketId}`, headers: browser }),
  right: [200],
  learn: (signIn, notice: Notice) => {
    const { status, number, result } = notice;
    if (status === 'pending') signIn.scanCode = readScanCode(notice);
    if (number !== undefined) signIn.number = number;
    if (result?.code !== undefined) signIn.code = result.code;
  },
};

export const scanStep: Step = {
  name: 'scan',
  send: ({ scanCode, phone }) => ({
    method: 'POST',
    path: '/v1/scans',
    headers: phoneHeaders(phone),
    body: json({ scan_code: scanCode }),
  }),
  right: [200, 201],
  learn: (signIn, { handshake }: Scanned) => {
    signIn.handshake = handshake;
  },
};

export const confirmStep: Step = {
  name: 'confirm',
  send: ({ ticketId, phone, handshake, number }) => ({
    method: 'POST',
    path: `/v1/tickets/${ticketId}/confirm`,
    headers: phoneHeaders(phone),
    body: json({ handshake, number }),
  }),
  right: [200],
  learn: (signIn) => {
    signIn.isConfirmed = true;
  },
};

export const acceptStep: Step = {
  name: 'accept',
  send: ({ ticketId, browser }) => ({
    method: 'POST',
    path: `/v1/tickets/${ticketId}/accept`,
    headers: browser,
  }),
  right: [200],
};

export const redeemStep: Step = {
  name: 'redeem',
  send: ({ client, code = '', verifier }) => ({
    method: 'POST',
    path: '/oauth/token',
    headers: FORM,
    body: form({
      grant_type: 'authorization_code',
      client_id: client,
      code,
      code_verifier: verifier,
      redirect_uri: CALLBACK,
    }),
  }),
  right: [200],
  learn: (signIn, tokens: Tokens) => {
    signIn.tokens = tokens;
  },
};

export const refreshStep: Step = {
  name: 'refresh',
  send: ({ client, tokens }) => ({
    method: 'POST',
    path: '/oauth/token',
    headers: FORM,
    body: form({
      grant_type: 'refresh_token',
      client_id: client,
      refresh_token: tokens?.refresh_token ?? '',
    }),
  }),
  right: [200],
  learn: (signIn, tokens: Tokens) => {
    signIn.tokens = tokens;
  },
};

/** The steps from a ticket to tokens, each of which changes something; in between browsers look. */
export function stepsOf(client: SignIn['client']): readonly Step[] {
  const accepted = client === 'asking' ? [acceptStep, look] : [];
  return [look, scanStep, look, confirmStep, look, ...accepted, redeemStep, refreshStep];
}

/** A browser mints. @throws Error where it cannot */
export async function beginSignIn(
  sender: Sender,
  client: SignIn['client'],
  binding: SignIn['binding'],
  phone: string,
): Promise<SignIn> {
  const verifier = randomBytes(32).toString('base64url');
  const sending = mintOf(client, binding, s256(verifier));
  const site = binding === 'cookie' ? SAME_ORIGIN : {};
  const answer = await sender.send(sending);
  const notice = bodyOf(answer) as Notice & { readonly browser_secret?: string };
  const [cookie = ''] = ((answer?.headers['set-cookie'] as string[] | undefined)?.[0] ?? '').split(';');
  const secret = notice.browser_secret ?? cookie.slice(cookie.indexOf('=') + 1);
  return {
    client,
    binding,
    phone,
    verifier,
    ticketId: notice.ticket_id,
    secret,
    browser: binding === 'cookie' ? { cookie, ...site } : { authorization: `Bearer ${secret}` },
    scanCode: readScanCode(notice),
  };
}

function mintOf(client: SignIn['client'], binding: SignIn['binding'], challenge: string): Sending {
  return {
    method: 'POST',
    path: '/v1/tickets',
    headers: { 'content-type': 'application/json', ...(binding === 'cookie' ? SAME_ORIGIN : {}) },
    body: json({
      client_id: client,
      redirect_uri: CALLBACK,
      scope: 'openid profile offline_access',
      binding,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    }),
  };
}

/** The body of an answer. @throws Error where it is no JSON */
export function bodyOf(answer: Exchanged): unknown {
  if (answer?.body === undefined || answer.type?.includes('json') !== true)
    throw new Error(`no JSON but ${answer?.status} ${answer?.text}`);
  return JSON.parse(answer.body) as unknown;
}
