import type { SessionView } from '../../../src/command/session-view.ts';
import { cursorOfView } from '../../../src/command/ticket-view.ts';
import type { TicketView } from '../../../src/command/ticket-view.ts';
import type { Cursor } from '../../../src/ticket/cursor.ts';
import { ScangateError } from '../../../src/ticket/error.ts';
import type { User } from '../../../src/ticket/events.ts';
import type { Ticket } from '../../../src/ticket/ticket.ts';
import { MINTED, freshId } from '../../contract/appends.ts';
import type { Random } from '../../support/random.ts';
import type { SignIn } from '../schedule/schedule.ts';
import type { Device, Done, Heard } from './device.ts';
import { sidOf } from './front.ts';
import type { Front } from './front.ts';
import { keepSession } from './kept-session.ts';

const PHONE = { ip: '127.0.0.1', agent: 'phone' };
const SESSION_LIFE_MS = 86_400_000;

/** Who signs in, and on what. */
export interface SignInParts {
  readonly plan: SignIn;
  readonly browser: Device;
  readonly phone: Device;
  readonly rival: Device;
  readonly random: Random;
  /** Hears of each ticket that was minted. */
  readonly onTicket: (ticket: string) => void;
}

/** One person's sign-in, from the QR code to the last refresh. Settles when everyone has what they wanted or gave up. */
export async function signIn(parts: SignInParts): Promise<void> {
  const { plan, browser, phone, rival } = parts;
  await browser.line.pause(plan.atMs);
  const ticket = await mint(parts);
  if (ticket === undefined) return;
  const watched = watch(parts, ticket);
  const others: Promise<unknown>[] = [watched];
  if (plan.ending === 'cancel')
    others.push(cancelAfter(browser, ticket, plan.scanAfterMs + plan.decideAfterMs));
  if (plan.rivalAfterMs !== undefined)
    others.push(rival.line.pause(plan.scanAfterMs + plan.rivalAfterMs).then(() => scan(rival, ticket)));
  await phone.line.pause(plan.scanAfterMs);
  const scanned = await scan(phone, ticket);
  if (scanned.outcome.kind === 'done' && plan.ending !== 'leave' && plan.ending !== 'cancel') {
    await phone.line.pause(plan.decideAfterMs);
    if (plan.ending === 'race') others.push(cancelAfter(browser, ticket, plan.raceMs));
    await decide(
      phone,
      ticket,
      plan.ending === 'deny' ? 'deny' : 'confirm',
      scanned.value?.ticket.scanned?.id,
    );
  }
  await Promise.all(others);
}

/** Mints until it is acknowledged: each time another ticket, as a page that is loaded again. */
async function mint({ browser, random, onTicket }: SignInParts): Promise<string | undefined> {
  while (browser.hasTime) {
    const ticket = freshId(random.next);
    onTicket(ticket);
    const { outcome } = await browser.once(ticket, 'mint', browser.name, async ({ tickets }) =>
      done(await tickets.mint(ticket, MINTED)),
    );
    if (outcome.kind === 'done') return ticket;
    await browser.rest();
  }
  return undefined;
}

/** Watches a ticket until its end, and redeems it once it is confirmed. */
async function watch(parts: SignInParts, ticket: string): Promise<void> {
  const { browser } = parts;
  let after: Cursor | undefined;
  while (browser.hasTime) {
    const told = await browser.poll(ticket, after);
    if (told === undefined) await browser.rest();
    else if (told.status === 'confirmed') return await redeem(parts, ticket);
    else if (told.end) return;
    else after = told.cursor as Cursor;
  }
}

/** Redeems, and keeps the session that it opens. */
async function redeem({ browser, plan, random }: SignInParts, ticket: string): Promise<void> {
  const key = `${browser.name} key`;
  const work = async (front: Front, replay: string | undefined): Promise<Done<SessionView>> => {
    const seen = await front.tickets.look(ticket, () => undefined);
    const { view, session } = await front.tickets.redeem(seen, replay, () => undefined, OPENING);
    return { ...done(view), value: session };
  };
  const again = plan.redeemsTwice ? random.between(0, 400) : undefined;
  const stolen =
    again !== undefined &&
    browser.line
      .pause(again)
      .then(() => browser.once(ticket, 'redeem', `${browser.name} thief`, (front) => work(front, undefined)));
  const invokedAt = browser.now;
  const { outcome, value } = await browser.insist(ticket, 'redeem', key, (front) => work(front, key));
  if (outcome.kind === 'done' && value?.session.generation !== undefined)
    await keepSession(browser, { sid: value.sid, token: value.session.generation, invokedAt }, plan);
  await stolen;
}

const OPENING = {
  sid: sidOf,
  open: ({ ticketId, ticket }: TicketView) => ({
    ticket_id: ticketId,
    confirmed_id: ticket.confirmed?.id as Cursor,
    key_id: 'k1',
    client_id: 'demo',
    user: ticket.scanned?.user as User,
    scope: ['openid'],
    auth_time: 1_700_000_000,
    browser: MINTED.browser,
    life_ms: SESSION_LIFE_MS,
  }),
};

function scan(phone: Device, ticket: string): Promise<Heard<TicketView>> {
  const user: User = { source: 'demo', issuer: 'demo', subject: phone.name };
  return phone.insist(ticket, 'scan', phone.name, async ({ tickets }) =>
    done(await tickets.run(ticket, { type: 'scan', user, phone: PHONE }, () => undefined)),
  );
}

/** @param scannedId the event that the phone's handshake was made from: with another one it is nobody's. */
async function decide(
  phone: Device,
  ticket: string,
  command: 'confirm' | 'deny',
  scannedId: Cursor | undefined,
): Promise<void> {
  const user: User = { source: 'demo', issuer: 'demo', subject: phone.name };
  await phone.insist(ticket, command, phone.name, async ({ tickets }) =>
    done(
      await tickets.run(
        ticket,
        command === 'deny' ? { type: 'deny', user, report: false } : { type: 'confirm', user },
        (view) => ofHandshake(view.ticket, scannedId),
      ),
    ),
  );
}

function ofHandshake({ scanned }: Ticket, id: Cursor | undefined): void {
  if (scanned?.id !== id) throw new ScangateError('not_found');
}

async function cancelAfter(browser: Device, ticket: string, ms: number): Promise<void> {
  await browser.line.pause(ms);
  await browser.insist(ticket, 'cancel', browser.name, async ({ tickets }) =>
    done(await tickets.run(ticket, { type: 'cancel' }, () => undefined)),
  );
}

function done(view: TicketView): Done<TicketView> {
  return { status: view.ticket.status, cursor: cursorOfView(view), value: view };
}
