import type { Cursor } from './cursor.ts';
import type { DenialReason } from './events.ts';
import type { Ticket, TicketStatus } from './ticket.ts';
import { asksNumber, endsWatch, isAsking, isTooRisky } from './ticket.ts';

/** What a browser may know about a ticket now (docs/wire.md, "A notice"). Durations are milliseconds remaining. */
export interface TicketNotice {
  readonly ticket_id: string;
  readonly status: TicketStatus;
  readonly cursor: Cursor;
  readonly expires_in_ms: number;
  readonly reset: boolean;
  readonly scan?: { readonly url: string; readonly rotates_in_ms: number };
  readonly scanner?: { readonly name?: string; readonly picture?: string };
  /** While scanned or confirmed: on this very device. The result goes to the browser that the decision comes back to. */
  readonly same_device?: true;
  readonly number?: string;
  /** While scanned or asking: somebody else's phone scanned this code too. */
  readonly second_phone?: true;
  /** The confirmation waits for the browser: that is me, or not me. */
  readonly ask?: true;
  /** Why it was denied, where no user said so: no number that was typed was right, or it was too risky. */
  readonly reason?: DenialReason;
  readonly result?: TicketResult;
  /** In the place of `scanner`, and of a `result` with a code: the same, for the browser's own key alone. */
  readonly sealed?: string;
  readonly advice: { readonly retry_after_ms: number; readonly final: boolean };
}

/**
 * What a client is to hear of a ticket of the code flow: a code, or that there will be none (RFC 6749 §4.1.2). Of an answer
 * that goes by form there is no more than the page that sends it.
 */
export type TicketResult = { readonly state?: string; readonly redirect_to?: string } & (
  | { readonly code: string }
  | { readonly error: 'access_denied' }
  | { readonly redirect_to: string; readonly code?: never; readonly error?: never }
);

/** What the gateway derives for this very state: each is shown in the one state that it belongs to, and never else. */
export interface Derived {
  readonly scan: () => { readonly url: string; readonly rotates_in_ms: number };
  readonly number: () => string;
  readonly code: () => string;
  /** The client's redirect address with an answer in it; undefined without one. */
  readonly redirectTo: (answer: Readonly<Record<string, string>>) => string | undefined;
  /** The page of the gateway that sends the answer by form. */
  readonly formPage: () => string;
}

/** What of a notice is for the browser's own key alone, where it has one: who scanned, and a code with where it goes. */
export type SealedMembers = Pick<TicketNotice, 'scanner' | 'result'>;

/** Those members of a notice; undefined where it has none. */
export function sealedMembers({ scanner, result }: TicketNotice): SealedMembers | undefined {
  const secret = result !== undefined && !('error' in result);
  if (scanner === undefined && !secret) return undefined;
  return { ...(scanner === undefined ? {} : { scanner }), ...(secret ? { result } : {}) };
}

/** A notice without them, and what they were sealed to. */
export function sealedNotice(notice: TicketNotice, sealed: string | undefined): TicketNotice {
  const { scanner: _scanner, result, ...open } = notice;
  const refused = result !== undefined && 'error' in result ? { result } : {};
  return { ...open, ...refused, ...(sealed === undefined ? {} : { sealed }) };
}

/** The redaction line: nothing of a ticket reaches a browser but through here. */
export function notice(
  ticket: Ticket,
  at: {
    readonly ticketId: string;
    readonly cursor: Cursor;
    readonly expiresInMs: number;
    readonly reset: boolean;
    readonly retryAfterMs: number;
  },
  derived: Derived,
): TicketNotice {
  const head = {
    ticket_id: at.ticketId,
    status: ticket.status,
    cursor: at.cursor,
    expires_in_ms: Math.max(0, at.expiresInMs),
    reset: at.reset,
  };
  const advice = { retry_after_ms: at.retryAfterMs, final: endsWatch(ticket) };
  switch (ticket.status) {
    case 'pending':
      return { ...head, scan: derived.scan(), advice };
    case 'scanned':
      return {
        ...head,
        ...scannerOf(ticket),
        ...sameDeviceOf(ticket),
        ...(asksNumber(ticket) ? { number: derived.number() } : {}),
        ...secondPhoneOf(ticket),
        advice,
      };
    case 'confirmed':
      if (isAsking(ticket))
        return { ...head, ...scannerOf(ticket), ...secondPhoneOf(ticket), ask: true, advice };
      return { ...head, ...sameDeviceOf(ticket), ...confirmedOf(ticket, derived), advice };
    case 'redeemed':
      return { ...head, expires_in_ms: 0, advice };
    case 'denied':
    case 'cancelled':
    case 'expired':
      return {
        ...head,
        expires_in_ms: 0,
        ...reasonOf(ticket),
        ...refusalOf(ticket, ticket.status, derived),
        advice,
      };
  }
}

function scannerOf(ticket: Ticket): { scanner?: { name?: string; picture?: string } } {
  const user = ticket.scanned?.user;
  if (user === undefined || !ticket.minted.shows_scanner || isTooRisky(ticket)) return {};
  return {
    scanner: {
      ...(user.name === undefined ? {} : { name: user.name }),
      ...(user.picture === undefined ? {} : { picture: user.picture }),
    },
  };
}

function secondPhoneOf({ contested }: Ticket): { readonly second_phone?: true } {
  return contested === undefined ? {} : { second_phone: contested };
}

function reasonOf({ denied }: Ticket): { readonly reason?: DenialReason } {
  return denied?.reason === undefined ? {} : { reason: denied.reason };
}

function sameDeviceOf({ scanned }: Ticket): { readonly same_device?: true } {
  return scanned?.same_device === undefined ? {} : { same_device: true };
}

function confirmedOf(ticket: Ticket, derived: Derived): { readonly result?: TicketResult } {
  if (ticket.minted.grant === 'device_code' || ticket.scanned?.same_device === true) return {};
  return { result: confirmedResult(ticket, derived) };
}

/** The result of a confirmed ticket, for who has proven to be the one that gets it. */
export function confirmedResult(ticket: Ticket, derived: Derived): TicketResult {
  if (ticket.minted.form_post === undefined) return resultOf(ticket, { code: derived.code() }, derived);
  return { ...stateOf(ticket), redirect_to: derived.formPage() };
}

function stateOf({ minted: { state } }: Ticket): { readonly state?: string } {
  return state === undefined ? {} : { state };
}

/** A device asks the token endpoint, which tells it the same. */
function refusalOf(
  ticket: Ticket,
  status: 'denied' | 'cancelled' | 'expired',
  derived: Derived,
): { readonly result?: TicketResult } {
  if (ticket.minted.grant === 'device_code') return {};
  const description = {
    error_description: `The sign-in was ${status === 'expired' ? 'not confirmed in time' : status}.`,
  };
  return { result: resultOf(ticket, { error: 'access_denied' }, derived, description) };
}

function resultOf<A extends { readonly code: string } | { readonly error: 'access_denied' }>(
  ticket: Ticket,
  answer: A,
  derived: Derived,
  more: Readonly<Record<string, string>> = {},
): A & { readonly state?: string; readonly redirect_to?: string } {
  const byForm = ticket.minted.form_post !== undefined;
  const redirectTo = byForm ? derived.formPage() : derived.redirectTo({ ...answer, ...more });
  return {
    ...answer,
    ...stateOf(ticket),
    ...(redirectTo === undefined ? {} : { redirect_to: redirectTo }),
  };
}
