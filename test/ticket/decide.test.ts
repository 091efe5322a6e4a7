import { describe, expect, test } from '@jest/globals';
import type { TicketCommand } from '../../src/ticket/commands.ts';
import { sameUser } from '../../src/ticket/decide.ts';
import type { TicketEvent } from '../../src/ticket/events.ts';
import { notice } from '../../src/ticket/notice.ts';
import type { Derived } from '../../src/ticket/notice.ts';
import { asksNumber } from '../../src/ticket/ticket.ts';
import type { Ticket, TicketStatus } from '../../src/ticket/ticket.ts';
import {
  ADA,
  BOB,
  PHONE,
  accept,
  accepted,
  asking,
  cancel,
  cancelled,
  confirm,
  confirmed,
  contest,
  contested,
  denied,
  deny,
  expire,
  expired,
  given,
  mint,
  minted,
  redeem,
  redeemed,
  refuse,
  refused,
  risky,
  revoke,
  scan,
  scanned,
  ticketAfter,
} from './given.ts';
import type { Outcome } from './given.ts';

type State = 'absent' | 'asking' | 'accepted' | TicketStatus;

/** How each state came about. Where someone had scanned, that was Ada. */
const STATES: Record<State, TicketEvent[]> = {
  absent: [],
  pending: [minted()],
  scanned: [minted(), scanned(ADA)],
  confirmed: [minted(), scanned(ADA), confirmed],
  asking: [minted(), scanned(ADA), asking],
  accepted: [minted(), scanned(ADA), asking, accepted],
  redeemed: [minted(), scanned(ADA), confirmed, redeemed('mac')],
  denied: [minted(), scanned(ADA), denied],
  cancelled: [minted(), scanned(ADA), cancelled],
  expired: [minted(), scanned(ADA), expired],
};

/** A type that is missing here does not compile, and one without a row fails. */
const TYPES: Record<TicketCommand['type'], true> = {
  mint: true,
  scan: true,
  contest: true,
  confirm: true,
  accept: true,
  deny: true,
  cancel: true,
  revoke: true,
  redeem: true,
  refuse: true,
  expire: true,
};

const COMMANDS: Record<string, TicketCommand> = {
  mint,
  'scan by Ada': scan(ADA),
  'scan by Bob': scan(BOB),
  'contest by Ada': contest(ADA),
  'contest by Bob': contest(BOB),
  'confirm by Ada': confirm(ADA),
  'confirm by Bob': confirm(BOB),
  accept,
  'deny by Ada': deny(ADA),
  'deny by Bob': deny(BOB),
  refuse,
  cancel,
  revoke,
  redeem: redeem(),
  'redeem, as before': redeem('mac'),
  'redeem, otherwise': redeem('other'),
  expire,
};

// What comes of it: `+event`, `=` nothing because it is so already, or `code` of the refusal.
const TABLE = `
                  | absent    | pending    | scanned         | confirmed         | asking            | accepted          | redeemed         | denied         | cancelled         | expired
mint              | +minted   | =          | =               | =                 | =                 | =                 | =                | =              | =                 | =
scan by Ada       | not_found | +scanned   | =               | =                 | =                 | =                 | already_redeemed | already_denied | already_cancelled | expired
scan by Bob       | not_found | +scanned   | already_scanned | already_confirmed | already_confirmed | already_confirmed | already_redeemed | already_denied | already_cancelled | expired
contest by Ada    | not_found | =          | =               | =                 | =                 | =                 | =                | =              | =                 | =
contest by Bob    | not_found | =          | +contested      | =                 | =                 | =                 | =                | =              | =                 | =
confirm by Ada    | not_found | not_found  | +confirmed      | =                 | =                 | =                 | =                | already_denied | already_cancelled | expired
confirm by Bob    | not_found | not_found  | not_found       | not_found         | not_found         | not_found         | not_found        | not_found      | not_found         | not_found
accept            | not_found | not_found  | not_found       | =                 | +accepted         | =                 | =                | already_denied | already_cancelled | expired
deny by Ada       | not_found | not_found  | +denied         | already_confirmed | already_confirmed | already_confirmed | already_redeemed | =              | already_cancelled | expired
deny by Bob       | not_found | not_found  | not_found       | not_found         | not_found         | not_found         | not_found        | not_found      | not_found         | not_found
refuse            | not_found | not_found  | not_found       | already_confirmed | already_confirmed | already_confirmed | already_redeemed | =              | already_cancelled | expired
cancel            | not_found | +cancelled | +cancelled      | already_confirmed | +cancelled        | already_confirmed | already_redeemed | already_denied | =                 | expired
revoke            | not_found | +cancelled | +cancelled      | +cancelled        | +cancelled        | +cancelled        | =                | =              | =                 | =
redeem            | not_found | not_found  | not_found       | +redeemed         | not_found         | +redeemed         | already_redeemed | already_denied | already_cancelled | expired
redeem, as before | not_found | not_found  | not_found       | +redeemed         | not_found         | +redeemed         | =                | already_denied | already_cancelled | expired
redeem, otherwise | not_found | not_found  | not_found       | +redeemed         | not_found         | +redeemed         | already_redeemed | already_denied | already_cancelled | expired
expire            | not_found | +expired   | +expired        | +expired          | +expired          | +expired          | =                | =              | =                 | =
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

function statusIn(state: State): string {
  return state === 'asking' || state === 'accepted' ? 'confirmed' : state;
}

describe('A ticket decides', () => {
  test('every command in every state', () => {
    expect(new Set(CELLS.map(({ command, state }) => `${command} ${state}`)).size).toBe(17 * 10);
    expect(ROWS.slice(1).map(([command]) => command)).toEqual(Object.keys(COMMANDS));
    expect(new Set(Object.values(COMMANDS).map(({ type }) => type))).toEqual(new Set(Object.keys(TYPES)));
    for (const [state, events] of Object.entries(STATES)) {
      expect(ticketAfter(events)?.status ?? 'absent').toBe(statusIn(state as State));
    }
  });

  test.each(CELLS)('$command, when $state: $cell', ({ command, state, cell }) => {
    const outcome = given(...STATES[state]).when(COMMANDS[command] as TicketCommand);
    expect(shown(outcome)).toBe(cell);
    if ('refused' in outcome)
      expect(outcome.ticketStatus).toBe(cell === 'not_found' ? undefined : statusIn(state));
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

describe('A confirmation asks the browser', () => {
  const known = (...users: string[]) => ({ known_browser: { key: 'b', users } });
  const asked = (first: TicketEvent, ...more: TicketEvent[]) =>
    given(first, scanned(ADA), ...more).when(confirm(ADA, 'ada'));

  test.each([
    ['never', [false, false, false, false, false]],
    ['doubt', [false, false, true, false, true]],
    ['new_browser', [true, true, true, false, true]],
    ['always', [true, true, true, true, true]],
  ] as const)('where the policy is %s', (name, [stranger, fresh, anothers, own, contestedOwn]) => {
    const policy = name === 'never' ? {} : { accept: name };
    const outcome = (asks: boolean) => ({ event: { type: 'confirmed', data: asks ? { asks } : {} } });
    expect(asked(minted({ ...policy }))).toEqual(outcome(stranger));
    expect(asked(minted({ ...policy, ...known() }))).toEqual(outcome(fresh));
    expect(asked(minted({ ...policy, ...known('bob') }))).toEqual(outcome(anothers));
    expect(asked(minted({ ...policy, ...known('bob', 'ada') }))).toEqual(outcome(own));
    expect(asked(minted({ ...policy, ...known('ada') }), contested)).toEqual(outcome(contestedOwn));
    expect(asked(minted({ ...policy, grant: 'device_code' }), contested)).toEqual(outcome(false));
  });

  test('which a second phone contests once', () => {
    const twice = given(minted(), scanned(ADA), contested);
    expect(twice.when(contest(BOB))).toEqual({ nothing: true });
    expect(twice.when(confirm(ADA))).toEqual({ event: confirmed });
  });
});

describe('A ticket that was scanned under a risk', () => {
  const risk = { outcome: 'refuse', reasons: ['many_phones'] } as const;
  const tooRisky = [minted(), risky('refuse')];
  const lost = (ticketStatus: string): Outcome => ({ refused: 'already_denied', ticketStatus });

  test('that its client refuses is nobody’s to confirm, and denied for that', () => {
    expect(given(...tooRisky).when(confirm(ADA))).toEqual(lost('scanned'));
    expect(given(...tooRisky).when(refuse)).toEqual({ event: refused });
    expect(given(...tooRisky).when(deny(ADA))).toEqual({ event: denied });
    expect(given(...tooRisky).when(cancel)).toEqual({ event: cancelled });
  });

  test('and was denied for it gives its phone the same answer again, and others none', () => {
    const ended = given(...tooRisky, refused);
    expect(ended.when(scan(ADA))).toEqual({ nothing: true });
    expect(ended.when(scan(BOB))).toEqual(lost('denied'));
    expect(ended.when(confirm(ADA))).toEqual(lost('denied'));
    expect(given(minted(), scanned(ADA), denied).when(scan(ADA))).toEqual(lost('denied'));
  });

  test('is not told who scanned it, in the moment before it is denied', () => {
    const at = { ticketId: 't', cursor: '2-8', expiresInMs: 1, reset: false, retryAfterMs: 1 } as const;
    const derived = {} as Derived;
    const told = (event: TicketEvent) =>
      notice(ticketAfter([minted({ number_match: false }), event]) as Ticket, at, derived);
    expect(told(risky('allow'))).toHaveProperty('scanner');
    expect(told(risky('refuse'))).not.toHaveProperty('scanner');
  });

  test.each(['allow', 'match'] as const)('whose outcome is %s is not refused', (outcome) => {
    expect(given(minted(), risky(outcome)).when(confirm(ADA))).toEqual({ event: confirmed });
    expect(given(minted(), risky(outcome)).when(refuse)).toMatchObject({ refused: 'not_found' });
  });

  test('is as risky as the graver of what was seen of it and of a second phone', () => {
    const contest = { type: 'contest', user: BOB, risk } as const;
    const both = { outcome: 'refuse', reasons: ['other_country', 'many_phones'] };
    expect(given(minted(), risky('match')).when(contest)).toMatchObject({ event: { data: { risk: both } } });
    const seen = ticketAfter([minted(), risky('match'), { type: 'contested', data: { risk } }]);
    expect(seen?.scanned?.risk).toEqual(risk);
    expect(given(minted(), scanned(ADA), { type: 'contested', data: { risk } }).when(confirm(ADA))).toEqual(
      lost('scanned'),
    );
  });

  test.each([
    [false, 'match', false, true],
    [true, 'allow', false, true],
    [false, 'allow', false, false],
    [false, 'match', true, false],
  ] as const)(
    'with number_match %s, outcome %s, same device %s: a number: %s',
    (match, outcome, same, asks) => {
      const event = { ...risky(outcome) } as Extract<TicketEvent, { type: 'scanned' }>;
      const data = { ...event.data, ...(same ? { same_device: true as const } : {}) };
      const ticket = ticketAfter([minted({ number_match: match }), { type: 'scanned', data }]);
      expect(asksNumber(ticket as Ticket)).toBe(asks);
    },
  );
});
