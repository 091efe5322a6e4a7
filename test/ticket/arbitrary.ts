import { constant, constantFrom, oneof, option, record, string, subarray } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { TicketCommand } from '../../src/ticket/commands.ts';
import type {
  ConfirmedData,
  DeniedData,
  TicketEvent,
  TicketEventType,
  User,
} from '../../src/ticket/events.ts';
import { RISK_OUTCOMES, RISK_REASONS } from '../../src/ticket/risk.ts';
import type { Risk } from '../../src/ticket/risk.ts';
import { testSeed } from '../support/random.ts';
import { ADA, BOB, MINTED, PHONE } from './given.ts';

/** The seed of this run's property tests; suites print it in their names, and `SCANGATE_TEST_SEED` sets it. */
export const SEED = testSeed();

/** How a property is run: from the seed, a sample or (with `SCANGATE_TEST_LONG=1`) in full. */
export const RUN = {
  seed: SEED | 0,
  numRuns: process.env['SCANGATE_TEST_LONG'] === '1' ? 20_000 : 200,
};

export const anyUser: Arbitrary<User> = oneof(
  constantFrom(ADA, BOB),
  record({ source: string(), issuer: string(), subject: string() }),
);

const ASKING = [{ accept: 'doubt' }, { accept: 'new_browser' }, { accept: 'always' }] as const;

const anyRisk: Arbitrary<Risk> = record({
  outcome: constantFrom(...RISK_OUTCOMES),
  reasons: subarray([...RISK_REASONS], { minLength: 1 }),
});

type AnyOf<T extends TicketEventType> = Arbitrary<Extract<TicketEvent, { readonly type: T }>>;

export const anyMinted: AnyOf<'minted'> = record({
  type: constant('minted' as const),
  data: record({
    grant: constantFrom('authorization_code' as const, 'device_code' as const),
    shows_scanner: constantFrom(true, false),
    number_match: constantFrom(true, false),
    state: string(),
    accept: constantFrom({}, ...ASKING),
  }).map(({ accept, ...some }) => ({ ...MINTED, ...some, ...accept })),
});

/** A type that is missing here does not compile. */
const ANY_EVENTS: { readonly [T in TicketEventType]: AnyOf<T> } = {
  minted: anyMinted,
  scanned: record({
    type: constant('scanned'),
    data: record(
      { user: anyUser, phone: constant(PHONE), same_device: constant(true), risk: anyRisk },
      { requiredKeys: ['user', 'phone'] },
    ),
  }),
  contested: record({
    type: constant('contested'),
    data: record({ risk: anyRisk }, { requiredKeys: [] }),
  }),
  confirmed: record({
    type: constant('confirmed'),
    data: constantFrom<ConfirmedData>({}, { asks: true }),
  }),
  accepted: constant({ type: 'accepted', data: {} }),
  denied: record({
    type: constant('denied'),
    data: constantFrom<DeniedData>({}, { report: true }, { reason: 'number' }, { reason: 'risk' }),
  }),
  cancelled: constant({ type: 'cancelled', data: {} }),
  expired: constant({ type: 'expired', data: {} }),
  redeemed: record({
    type: constant('redeemed'),
    data: option(string(), { nil: undefined }).map((replay) => (replay === undefined ? {} : { replay })),
  }),
};

export const anyEvent: Arbitrary<TicketEvent> = oneof(...Object.values<Arbitrary<TicketEvent>>(ANY_EVENTS));

export const anyCommand: Arbitrary<TicketCommand> = oneof(
  constantFrom<TicketCommand>(
    { type: 'accept' },
    { type: 'cancel' },
    { type: 'expire' },
    { type: 'redeem' },
    { type: 'refuse' },
  ),
  record({ type: constant('mint' as const), data: constant(MINTED) }),
  record(
    {
      type: constant('scan' as const),
      user: anyUser,
      phone: constant(PHONE),
      sameDevice: constantFrom(true, false),
      risk: anyRisk,
    },
    { requiredKeys: ['type', 'user', 'phone', 'sameDevice'] },
  ),
  record(
    { type: constant('contest' as const), user: anyUser, risk: anyRisk },
    { requiredKeys: ['type', 'user'] },
  ),
  record({ type: constant('confirm' as const), user: anyUser }),
  record({ type: constant('deny' as const), user: anyUser, report: constantFrom(true, false) }),
  record({ type: constant('redeem' as const), replay: constantFrom('a', 'b') }),
);
