import { createHash, randomBytes } from 'node:crypto';
import { call, expectStatus } from './call.ts';
import type { Answer } from './call.ts';

/** What a browser may know about a ticket now, as docs/wire.md has it ("A notice"). */
export interface Notice {
  readonly ticket_id: string;
  readonly status: TicketStatus;
  readonly cursor: string;
  readonly expires_in_ms: number;
  readonly reset: boolean;
  readonly scan?: { readonly url: string; readonly rotates_in_ms: number };
  readonly scanner?: { readonly name?: string; readonly picture?: string };
  readonly number?: string;
  readonly second_phone?: true;
  readonly ask?: true;
  readonly result?: {
    readonly code: string;
    readonly error?: string;
    readonly state?: string;
    readonly redirect_to?: string;
  };
  readonly advice: { readonly retry_after_ms: number; readonly final: boolean };
}

export type TicketStatus =
  'pending' | 'scanned' | 'confirmed' | 'redeemed' | 'denied' | 'cancelled' | 'expired';

/** `confirmed` and the final states end a watch, one of a client that never asks. */
export function endsWatch(status: TicketStatus): boolean {
  return status !== 'pending' && status !== 'scanned';
}

export interface Links {
  readonly self: string;
  readonly events: string;
  readonly poll: string;
  readonly socket: string;
  readonly qr: string;
}

/** What a browser asks for; the demo client's by default. */
export interface MintOptions {
  readonly clientId?: string;
  readonly binding?: 'cookie' | 'bearer';
  readonly redirectUri?: string | undefined;
  readonly state?: string;
  readonly scope?: string;
  readonly nonce?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A ticket as its browser holds it. */
export interface Minted {
  readonly ticketId: string;
  /** The gateway it was minted at. */
  readonly gatewayUrl: string;
  readonly notice: Notice;
  readonly links: Links;
  readonly binding: 'cookie' | 'bearer';
  /** The browser secret itself, to look for where it must not be. */
  readonly secret: string;
  /** What proves the browser on every request: the bearer, or the cookie of a same-origin request. */
  readonly secretHeaders: Readonly<Record<string, string>>;
  /** What the browser was given to keep: the ticket's own cookie, and the one that it is known by. */
  readonly cookies: readonly string[];
  readonly verifier: string;
  readonly clientId: string;
  readonly redirectUri: string | undefined;
}

interface MintAnswer extends Notice {
  readonly links: Links;
  readonly browser_secret?: string;
}

/** What a browser says of a request that its own page makes. */
const sameOrigin = { 'sec-fetch-site': 'same-origin' };

/** RFC 7636, section 4.2. */
export function s256(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

/** The browser makes a ticket. */
export async function mint(gatewayUrl: string, options: MintOptions = {}): Promise<Minted> {
  const { clientId = 'demo', binding = 'bearer' } = options;
  const redirectUri = 'redirectUri' in options ? options.redirectUri : `${gatewayUrl}/demo/callback`;
  const verifier = randomBytes(32).toString('base64url');
  const answer = await call<MintAnswer>(`${gatewayUrl}/v1/tickets`, {
    headers: { ...(binding === 'cookie' && sameOrigin), ...options.headers },
    json: {
      client_id: clientId,
      redirect_uri: redirectUri,
      binding,
      state: options.state,
      scope: options.scope,
      nonce: options.nonce,
      code_challenge: s256(verifier),
      code_challenge_method: 'S256',
    },
  });
  const { links, browser_secret: bearer, ...notice } = expectStatus(answer, 201);
  const cookies = answer.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
  const [cookie] = cookies;
  const secret = binding === 'bearer' ? bearer : cookie?.slice(cookie.indexOf('=') + 1);
  if (secret === undefined || secret === '')
    throw new Error(`no browser secret by ${binding}: ${answer.text}`);
  const secretHeaders: Record<string, string> =
    binding === 'bearer' ? { authorization: `Bearer ${secret}` } : { cookie: cookie!, ...sameOrigin };
  const ticketId = notice.ticket_id;
  return {
    ticketId,
    gatewayUrl,
    notice,
    links,
    binding,
    secret,
    secretHeaders,
    cookies,
    verifier,
    clientId,
    redirectUri,
  };
}

/** A link of the ticket at another gateway, or at a proxy in front of one. */
export function at(base: string | undefined, link: string): string {
  if (base === undefined) return link;
  const { pathname, search } = new URL(link);
  return new URL(pathname + search, base).href;
}

/** The browser looks once. */
export function look(ticket: Minted, base?: string): Promise<Answer<Notice>> {
  return call(at(base, ticket.links.self), { headers: ticket.secretHeaders });
}

/** The browser gives up. */
export function cancel(ticket: Minted, base?: string): Promise<Answer> {
  return call(at(base, ticket.links.self), { method: 'DELETE', headers: ticket.secretHeaders });
}

/** What stands in the QR code, as a phone reads it. */
export function readScanCode(notice: Pick<Notice, 'scan'>): string {
  const path = notice.scan === undefined ? '' : new URL(notice.scan.url).pathname;
  const place = path.lastIndexOf('/s/');
  if (place < 0) throw new Error(`no scan code in ${JSON.stringify(notice.scan)}`);
  return path.slice(place + '/s/'.length);
}

/** The authorization header of the demo phone of this name. */
export function demoPhone(name: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer demo-${name}` };
}

/** What a phone learns by scanning. */
export interface Scanned {
  readonly ticket_id: string;
  readonly handshake: string;
  readonly status: TicketStatus;
  readonly client: { readonly name: string; readonly domain: string; readonly verified: boolean };
  readonly browser: Readonly<Record<string, unknown>>;
  readonly user_code?: string;
  readonly number_match?: boolean;
  readonly expires_in_ms: number;
}

/** What a phone's request may carry besides what it must. */
export interface PhoneOptions {
  readonly idempotencyKey?: string;
  /** In place of the demo phone's. */
  readonly headers?: Readonly<Record<string, string>>;
}

function phoneHeaders(name: string, { idempotencyKey, headers }: PhoneOptions): Record<string, string> {
  return {
    ...(headers ?? demoPhone(name)),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  };
}

/** The phone of `name` scans: a scan code, or `{ userCode }`. */
export function scan(
  base: string,
  code: string | { readonly userCode: string },
  name = 'alice',
  options: PhoneOptions = {},
): Promise<Answer<Scanned>> {
  const json = typeof code === 'string' ? { scan_code: code } : { user_code: code.userCode };
  return call(`${base}/v1/scans`, { headers: phoneHeaders(name, options), json });
}

/** The phone of `name` says yes. */
export function confirm(
  base: string,
  scanned: Pick<Scanned, 'ticket_id' | 'handshake'>,
  name = 'alice',
  options: PhoneOptions & { readonly number?: string } = {},
): Promise<Answer> {
  return call(`${base}/v1/tickets/${scanned.ticket_id}/confirm`, {
    headers: phoneHeaders(name, options),
    json: { handshake: scanned.handshake, number: options.number },
  });
}

/** The phone of `name` says no. */
export function deny(
  base: string,
  scanned: Pick<Scanned, 'ticket_id' | 'handshake'>,
  name = 'alice',
  options: PhoneOptions & { readonly report?: boolean } = {},
): Promise<Answer> {
  return call(`${base}/v1/tickets/${scanned.ticket_id}/deny`, {
    headers: phoneHeaders(name, options),
    json: { handshake: scanned.handshake, report: options.report },
  });
}

/** Tokens of RFC 6749, section 5.1. */
export interface Tokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly scope?: string;
  readonly id_token?: string;
  readonly refresh_token?: string;
}

/** The client trades the code for tokens, at `base`. */
export function redeem(
  base: string,
  ticket: Pick<Minted, 'verifier' | 'clientId' | 'redirectUri'>,
  code: string,
  options: { readonly idempotencyKey?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer<Tokens>> {
  return call(`${base}/oauth/token`, {
    headers: {
      ...options.headers,
      ...(options.idempotencyKey !== undefined && { 'idempotency-key': options.idempotencyKey }),
    },
    form: {
      grant_type: 'authorization_code',
      code,
      code_verifier: ticket.verifier,
      client_id: ticket.clientId,
      redirect_uri: ticket.redirectUri,
    },
  });
}
