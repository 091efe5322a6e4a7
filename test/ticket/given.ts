import { ScangateError } from '../../src/ticket/error.ts';
import type { TicketCommand } from '../../src/ticket/commands.ts';
import { cursorOf } from '../../src/ticket/cursor.ts';
import { decide } from '../../src/ticket/decide.ts';
import { evolve } from '../../src/ticket/evolve.ts';
import type { MintedData, Device, TicketEvent, User } from '../../src/ticket/events.ts';
import type { RiskOutcome } from '../../src/ticket/risk.ts';
import type { Ticket } from '../../src/ticket/ticket.ts';

export const ADA: User = { source: 'demo', issuer: 'demo', subject: 'ada', name: 'Ada' };
export const BOB: User = { source: 'demo', issuer: 'demo', subject: 'bob' };
export const PHONE: Device = { ip: '192.0.2.7', agent: 'a phone' };

export const MINTED: MintedData = {
  client_id: 'demo',
  grant: 'authorization_code',
  binding: 'cookie',
  key_id: 'k1',
  scope: ['openid'],
  browser: { ip: '192.0.2.1', agent: 'a browser' },
  lives: { ticket_ms: 120_000, decision_ms: 90_000, max_ms: 180_000, code_ms: 60_000, qr_period_ms: 30_000 },
  shows_scanner: true,
  number_match: true,
};

export const minted = (data: Partial<MintedData> = {}): TicketEvent => ({
  type: 'minted',
  data: { ...MINTED, ...data },
});
export const scanned = (user = ADA, sameDevice = false): TicketEvent => ({
  type: 'scanned',
  data: { user, phone: PHONE, ...(sameDevice ? { same_device: true } : {}) },
});
export const risky = (outcome: RiskOutcome, user = ADA): TicketEvent => ({
  type: 'scanned',
  data: { user, phone: PHONE, risk: { outcome, reasons: ['other_country'] } },
});
export const refused: TicketEvent = { type: 'denied', data: { reason: 'risk' } };
export const confirmed: TicketEvent = { type: 'confirmed', data: {} };
export const asking: TicketEvent = { type: 'confirmed', data: { asks: true } };
export const contested: TicketEvent = { type: 'contested', data: {} };
export const accepted: TicketEvent = { type: 'accepted', data: {} };
export const denied: TicketEvent = { type: 'denied', data: {} };
export const revoke: TicketCommand = { type: 'revoke' };
export const cancelled: TicketEvent = { type: 'cancelled', data: {} };
export const expired: TicketEvent = { type: 'expired', data: {} };
export const redeemed = (replay?: string): TicketEvent => ({
  type: 'redeemed',
  data: replay === undefined ? {} : { replay },
});

export const mint: TicketCommand = { type: 'mint', data: MINTED };
export const scan = (user: User): TicketCommand => ({ type: 'scan', user, phone: PHONE });
export const contest = (user: User): TicketCommand => ({ type: 'contest', user });
export const confirm = (user: User, userKey?: string): TicketCommand =>
  userKey === undefined ? { type: 'confirm', user } : { type: 'confirm', user, userKey };
export const refuse: TicketCommand = { type: 'refuse' };
export const accept: TicketCommand = { type: 'accept' };
export const deny = (user: User, report = false): TicketCommand => ({ type: 'deny', user, report });
export const cancel: TicketCommand = { type: 'cancel' };
export const redeem = (replay?: string): TicketCommand =>
  replay === undefined ? { type: 'redeem' } : { type: 'redeem', replay };
export const expire: TicketCommand = { type: 'expire' };

/** What a command came to: an event, nothing to do, or a refusal. */
export type Outcome =
  | { readonly event: TicketEvent }
  | { readonly nothing: true }
  | { readonly refused: string; readonly ticketStatus: string | undefined };

/** What a ticket is after these events, each at the next version. */
export function ticketAfter(events: readonly TicketEvent[]): Ticket | undefined {
  let ticket: Ticket | undefined;
  for (const [i, event] of events.entries())
    ticket = evolve(ticket, { ...event, id: cursorOf(i + 1, `${i + 7}`) });
  return ticket;
}

/** Given what happened, when someone asks for something, then look at what it comes to. */
export function given(...events: readonly TicketEvent[]): { when(command: TicketCommand): Outcome } {
  return { when: (command) => outcomeOf(ticketAfter(events), command) };
}

export function outcomeOf(ticket: Ticket | undefined, command: TicketCommand): Outcome {
  try {
    const event = decide(ticket, command);
    return event === undefined ? { nothing: true } : { event };
  } catch (error) {
    if (!(error instanceof ScangateError)) throw error;
    return { refused: error.code, ticketStatus: error.detail.ticketStatus };
  }
}
