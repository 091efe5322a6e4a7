import { constant, constantFrom, oneof, option, record, string } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { TicketCommand } from '../../src/ticket/commands.ts';
import type { TicketEvent, User } from '../../src/ticket/events.ts';
import { testSeed } from '../support/random.ts';
import { ADA, BOB, MINTED, PHONE } from './given.ts';

/** The seed of this run's property tests; suites print it in their names, and `SCANGATE_TEST_SEED` sets it. */
export const SEED = testSeed();

/** How a property is run: from the seed, a sample or (with `SCANGATE_TEST_LONG=1`) in full. */
export const RUN = {
  seed: SEED | 0,
  numRuns: process.env['SCANGATE_TEST_LONG'] === '1' ? 20_000 : 500,
};

export const anyUser: Arbitrary<User> = oneof(
  constantFrom(ADA, BOB),
  record({ source: string(), issuer: string(), subject: string() }),
);

export const anyMinted: Arbitrary<TicketEvent> = record({
  type: constant('minted' as const),
  data: record({
    grant: constantFrom('authorization_code' as const, 'device_code' as const),
    shows_scanner: constantFrom(true, false),
    number_match: constantFrom(true, false),
    state: string(),
  }).map((some) => ({ ...MINTED, ...some })),
});

export const anyEvent: Arbitrary<TicketEvent> = oneof(
  anyMinted,
  record({ type: constant('scanned' as const), data: record({ user: anyUser, phone: constant(PHONE) }) }),
  record({
    type: constantFrom('confirmed' as const, 'cancelled' as const, 'expired' as const),
    data: constant({}),
  }),
  record({ type: constant('denied' as const), data: constantFrom({}, { report: true }) }),
  record({
    type: constant('redeemed' as const),
    data: option(string(), { nil: undefined }).map((replay) => (replay === undefined ? {} : { replay })),
  }),
);

export const anyCommand: Arbitrary<TicketCommand> = oneof(
  constantFrom<TicketCommand>({ type: 'cancel' }, { type: 'expire' }, { type: 'redeem' }),
  record({ type: constant('mint' as const), data: constant(MINTED) }),
  record({ type: constant('scan' as const), user: anyUser, phone: constant(PHONE) }),
  record({ type: constant('confirm' as const), user: anyUser }),
  record({ type: constant('deny' as const), user: anyUser, report: constantFrom(true, false) }),
  record({ type: constant('redeem' as const), replay: constantFrom('a', 'b') }),
);
