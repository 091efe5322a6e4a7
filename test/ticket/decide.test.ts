import { describe, expect, test } from '@jest/globals';
import type { TicketCommand } from '../../src/ticket/commands.ts';
import { sameUser } from '../../src/ticket/decide.ts';
import type { TicketEvent } from '../../src/ticket/events.ts';
import type { TicketStatus } from '../../src/ticket/ticket.ts';
import {
  ADA,
  BOB,
  PHONE,
  cancel,
  cancelled,
  confirm,
  confirmed,
  denied,
  deny,
  expire,
  expired,
  given,
  mint,
  minted,
  redeem,
  redeemed,
  scan,
  scanned,
  ticketAfter,
} from './given.ts';
import type { Outcome } from './given.ts';

type State = 'absent' | TicketStatus;

/** How each state came about. Where someone had scanned, that was Ada. */
const STATES: Record<State, TicketEvent[]> = {
  absent: [],
  pending: [minted()],
  scanned: [minted(), scanned(ADA)],
  confirmed: [minted(), scanned(ADA), confirmed],
  redeemed: [minted(), scanned(ADA), confirmed, redeemed('mac')],
  denied: [minted(), scanned(ADA), denied],
  cancelled: [minted(), scanned(ADA), cancelled],
  expired: [minted(), scanned(ADA), expired],
};

/** A type that is missing here does not compile, and one without a row fails. */
const TYPES: Record<TicketCommand['type'], true> = {
  mint: true,
  scan: true,
  confirm: true,
  deny: true,
  cancel: true,
  redeem: true,
  expire: true,
};

const COMMANDS: Record<string, TicketCommand> = {
  mint,
  'scan by Ada': scan(ADA),
  'scan by Bob': scan(BOB),
  'confirm by Ada': confirm(ADA),
  'confirm by Bob': confirm(BOB),
  'deny by Ada': deny(ADA),
  'deny by Bob': deny(BOB),
  cancel,
  redeem: redeem(),
  'redeem, as before': redeem('mac'),
  'redeem, otherwise': redeem('other'),
  expire,
};

// What comes of it: `+event`, `=` nothing because it is so already, or `code` of the refusal.
const TABLE = `
                   | absent    | pending    | scanned         | confirmed         | redeemed         | denied         | cancelled         | expired
mint               | +minted   | =          | =               | =                 | =                | =              | =                 | =
scan by Ada        | not_found | +scanned   | =               | =                 | already_redeemed | already_denied | already_cancelled | expired
scan by Bob        | not_found | +scanned   | already_scanned | already_confirmed | already_redeemed | already_denied | already_cancelled | expired
confirm by Ada     | not_found | not_found  | +confirmed      | =                 | =                | already_denied | already_cancelled | expired
confirm by Bob     | not_found | not_found  | not_found       | not_found         | not_found        | not_found      | not_found         | not_found
deny by Ada        | not_found | not_found  | +denied         | already_confirmed | already_redeemed | =              | already_cancelled | expired
deny by Bob        | not_found | not_found  | not_found       | not_found         | not_found        | not_found      | not_found         | not_found
cancel             | not_found | +cancelled | +cancelled      | already_confirmed | already_redeemed | already_denied | =                 | expired
redeem             | not_found | not_found  | not_found       | +redeemed         | already_redeemed | already_denied | already_cancelled | expired
redeem, as before  | not_found | not_found  | not_found       | +redeemed         | =                | already_denied | already_cancelled | expired
redeem, otherwise  | not_found | not_found  | not_found       | +redeemed         | already_redeemed | already_denied | already_cancelled | expired
expire             | not_found | +expired   | +expired        | +expired          | =                | =              | =                 | =
`;

const ROWS = TABLE.trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()));
const CELLS = ROWS.slice(1).flatMap(([command = '', ...cells]) =>
  cells.map((cell, i) => ({ command, state: ROWS[0]?.[i + 1] as State, cell })),
);

function shown(outcome: Outcome): string {
  if ('event' in outcome) return `+${outcome.event.type}`;
  return 'nothing' in outcome ? '=' : outcome.refused;
}

describe('A ticket decides', () => {
  test('every command in every state', () => {
    expect(new Set(CELLS.map(({ command, state }) => `${command} ${state}`)).size).toBe(12 * 8);
    expect(ROWS.slice(1).map(([command]) => command)).toEqual(Object.keys(COMMANDS));
    expect(new Set(Object.values(COMMANDS).map(({ type }) => type))).toEqual(new Set(Object.keys(TYPES)));
    for (const [state, events] of Object.entries(STATES)) {
      expect(ticketAfter(events)?.status ?? 'absent').toBe(state);
    }
  });

  test.each(CELLS)('$command, when $state: $cell', ({ command, state, cell }) => {
    const outcome = given(...STATES[state]).when(COMMANDS[command] as TicketCommand);
    expect(shown(outcome)).toBe(cell);
    if ('refused' in outcome) expect(outcome.ticketStatus).toBe(cell === 'not_found' ? undefined : state);
  });

  test('without a scanner, nobody confirms or denies, and what ended says how', () => {
    for (const end of [cancelled, expired]) {
      for (const command of [confirm(ADA), deny(ADA)]) {
        expect(given(minted(), end).when(command)).toMatchObject({ refused: 'not_found' });
      }
      const code = end.type === 'expired' ? 'expired' : 'already_cancelled';
      expect(given(minted(), end).when(scan(ADA))).toEqual({ refused: code, ticketStatus: end.type });
    }
  });
});

describe('An event says', () => {
  test('what the command said, and nothing more', () => {
    expect(given().when(mint)).toEqual({ event: minted() });
    expect(given(minted()).when(scan(BOB))).toEqual({
      event: { type: 'scanned', data: { user: BOB, phone: PHONE } },
    });
    const scannedTicket = given(minted(), scanned(ADA));
    expect(scannedTicket.when(confirm(ADA))).toEqual({ event: { type: 'confirmed', data: {} } });
    expect(scannedTicket.when(deny(ADA))).toEqual({ event: { type: 'denied', data: {} } });
    expect(scannedTicket.when(deny(ADA, true))).toEqual({
      event: { type: 'denied', data: { report: true } },
    });
    const confirmedTicket = given(minted(), scanned(ADA), confirmed);
    expect(confirmedTicket.when(redeem())).toEqual({ event: { type: 'redeemed', data: {} } });
    expect(confirmedTicket.when(redeem('mac'))).toEqual({
      event: { type: 'redeemed', data: { replay: 'mac' } },
    });
  });
});

describe('Two users are the same', () => {
  test('by source, issuer and subject, and by nothing else', () => {
    expect(sameUser(ADA, { ...ADA, name: 'Lovelace', picture: 'p' })).toBe(true);
    for (const other of [
      { ...ADA, source: 'jwt' },
      { ...ADA, issuer: 'https://x' },
      { ...ADA, subject: 'Ada' },
    ]) {
      expect(sameUser(ADA, other)).toBe(false);
      expect(given(minted(), scanned(ADA)).when(confirm(other))).toMatchObject({ refused: 'not_found' });
      expect(given(minted(), scanned(ADA)).when(scan(other))).toMatchObject({ refused: 'already_scanned' });
    }
  });
});
