import { timingSafeEqual } from 'node:crypto';
import type { AsyncGuard, Guard } from '../../command/ticket-commands.ts';
import { remainingMs } from '../../command/ticket-view.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import type { Ledger } from '../../store/ledger.ts';
import { ScangateError } from '../../ticket/error.ts';
import { asksNumber } from '../../ticket/ticket.ts';
import { typedText } from '../request/typed-text.ts';

/** The last number that a ticket allows was wrong: it is to be denied, and then told as {@link numberRefused}. */
export class NumbersUsedUp extends Error {
  override readonly name = 'NumbersUsedUp';
}

/** What the phone is told whose numbers are used up: its ticket is denied. */
export function numberRefused(ticketStatus: string): ScangateError {
  const message = 'It is not the number that the browser shows, and no other may be tried.';
  return new ScangateError('already_denied', { field: 'number', message, ticketStatus });
}

/** Holds the number that a phone typed against the one that the browser shows. */
export interface NumberMatch {
  /**
   * A guard that does what another does, and where the ticket asks for a number lets nobody by but with the right one.
   * A number is looked at once, however often the command decides.
   *
   * @throws ScangateError `invalid_request` where the number is missing or wrong; NumbersUsedUp where the last one is
   *   wrong. What is no number of two digits is no try, and digits of any script count. The same number again is the same try. A try is counted before it is looked at, so tries at one time are not worth more than tries in a row.
   */
  guard(given: string | undefined, guard: Guard): AsyncGuard;
}

/** @param tries numbers that may be typed for one ticket. */
export function numberMatch(ledger: Ledger, secrets: TicketSecrets, tries: number): NumberMatch {
  /** Which try a number is. The same number again is the same try: a phone repeats what it got no answer to. */
  async function tryOf({ ticketId, ticket }: TicketView, typed: string, lifeMs: number): Promise<number> {
    const list = [ticketId, ticket.scanned?.id ?? '', typed];
    const name = `number-try:${secrets.fingerprint('number try', ticket.minted.key_id, list)}`;
    const known = await ledger.get(name);
    if (known !== null) return Number(known);
    const count = await ledger.count(`number-tries:${ticketId}`, lifeMs);
    const { value } = await ledger.putIfAbsent(name, String(count), lifeMs);
    return Math.min(count, Number(value));
  }

  async function check(view: TicketView, given: string | undefined): Promise<void> {
    const { ticketId, ticket } = view;
    const { minted, scanned, status } = ticket;
    if (given === undefined) throw wrong('It is missing.', status);
    const typed = typedText(given);
    if (!/^[0-9]{2}$/.test(typed)) throw wrong('It is not a number of two digits.', status);
    const leftMs = Math.max(1000, remainingMs(view));
    const count = await tryOf(view, typed, leftMs + minted.lives.max_ms);
    const right = scanned === undefined ? '' : secrets.number(ticketId, minted.key_id, scanned.id);
    if (count <= tries && equal(typed, right)) return;
    if (count >= tries) throw new NumbersUsedUp();
    throw wrong('It is not the number that the browser shows.', status);
  }

  return {
    guard(given, guard) {
      let matched = false;
      return async (view) => {
        guard(view);
        if (matched || !asksNumber(view.ticket) || view.ticket.status !== 'scanned') return;
        await check(view, given);
        matched = true;
      };
    },
  };
}

function wrong(message: string, ticketStatus: string): ScangateError {
  return new ScangateError('invalid_request', { field: 'number', message, ticketStatus });
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
