import { describe, expect, test } from '@jest/globals';
import { assert, constantFrom, dictionary, property, record } from 'fast-check';
import { assessScan, assessSecondPhone } from '../../src/risk/assess.ts';
import type { Addresses, ScanHistory } from '../../src/risk/assess.ts';
import type { MintedData } from '../../src/ticket/events.ts';
import { RISK_OUTCOMES, RISK_SIGNS } from '../../src/ticket/risk.ts';
import type { RiskPolicy, RiskReason, RiskSign } from '../../src/ticket/risk.ts';
import { RUN, SEED } from '../ticket/arbitrary.ts';
import { MINTED } from '../ticket/given.ts';

const KNOWN: MintedData = { ...MINTED, known_browser: { key: 'a-browser', users: ['ada', 'eve'] } };
const DEVICE: MintedData = { ...MINTED, grant: 'device_code', binding: 'bearer' };
const SHOWING: MintedData = { ...DEVICE, number_shown: true };
const HERE: Addresses = {
  isSameNetwork: true,
  browser: { country: 'DE', isPrivate: false },
  phone: { country: 'DE', isPrivate: false },
  knowsPlaces: true,
};
const ELSEWHERE: Addresses = {
  ...HERE,
  isSameNetwork: false,
  browser: { country: 'FR', isPrivate: false },
};
const QUIET: ScanHistory = { isUnknown: false };

interface Seen {
  readonly minted?: MintedData;
  readonly policy?: RiskPolicy;
  readonly user?: string;
  readonly sameDevice?: boolean;
  readonly at?: Partial<Addresses>;
  readonly history?: Partial<ScanHistory>;
}

function assess({ minted = KNOWN, policy = {}, user = 'ada', sameDevice = false, at, history }: Seen) {
  const scanner = { userKey: user, isSameDevice: sameDevice };
  return assessScan({ minted, policy }, scanner, { ...HERE, ...at }, { ...QUIET, ...history });
}

describe('What is seen of a scan', () => {
  test('in the user’s own browser, on one network, is nothing', () => {
    expect(assess({})).toBeUndefined();
  });

  test.each<readonly [string, Seen, readonly RiskReason[]]>([
    ['in another country', { at: ELSEWHERE }, ['other_country', 'other_network']],
    ['on another network', { at: { isSameNetwork: false } }, ['other_network']],
    [
      'nobody knows where',
      { at: { isSameNetwork: false, browser: { isPrivate: false } } },
      ['other_network', 'unknown_place'],
    ],
    [
      'nobody could know where',
      { at: { isSameNetwork: false, browser: { isPrivate: false }, knowsPlaces: false } },
      ['other_network'],
    ],
    [
      'nobody knows from which address',
      { at: { isSameNetwork: false, browser: { isPrivate: false, isHidden: true }, knowsPlaces: false } },
      ['other_network', 'unknown_place'],
    ],
    ['a private address', { at: { isSameNetwork: false, browser: { isPrivate: true } } }, ['other_network']],
    ['a browser that others use', { user: 'bob' }, ['new_browser']],
    [
      'a browser without a past',
      { minted: { ...KNOWN, known_browser: { key: 'a', users: [] } } },
      ['new_browser'],
    ],
    ['a browser that cannot be known', { minted: MINTED }, []],
    ['the same, where somebody asks', { minted: MINTED, policy: { new_browser: 'match' } }, ['new_browser']],
    ['a device at hand', { minted: DEVICE }, []],
    [
      'a device elsewhere',
      { minted: DEVICE, at: ELSEWHERE },
      ['other_country', 'other_network', 'device_elsewhere'],
    ],
    ['codes, as many as may be', { history: { codes: { count: 20, max: 20 } } }, []],
    ['more codes', { history: { codes: { count: 21, max: 20 } } }, ['many_codes']],
    ['scans, as many as may be', { history: { scans: { count: 10, max: 10 } } }, []],
    ['more scans', { history: { scans: { count: 11, max: 10 } } }, ['many_scans']],
    ['counts that did not come', { history: { isUnknown: true } }, ['unknown_history']],
    ['the same device, wherever it is', { sameDevice: true, user: 'bob', at: ELSEWHERE }, []],
    [
      'the same device, often',
      { sameDevice: true, history: { scans: { count: 11, max: 10 } } },
      ['many_scans'],
    ],
  ])('%s', (_what, seen, reasons) => {
    expect(assess(seen)?.reasons ?? []).toEqual(reasons);
  });
});

describe('What comes of it', () => {
  test('is what the policy says of the gravest sign, and nothing where it says nothing', () => {
    const outcome = (policy: RiskPolicy) => assess({ at: ELSEWHERE, policy })?.outcome;
    expect(outcome({})).toBe('allow');
    expect(outcome({ new_browser: 'refuse' })).toBe('allow');
    expect(outcome({ other_network: 'match' })).toBe('match');
    expect(outcome({ other_network: 'match', other_country: 'refuse' })).toBe('refuse');
    expect(outcome({ other_network: 'refuse', other_country: 'match' })).toBe('refuse');
  });

  test('a device that shows no number is refused where one is asked for', () => {
    const policy = { device_elsewhere: 'match' } as const;
    const reasons = ['other_country', 'other_network', 'device_elsewhere'];
    expect(assess({ minted: SHOWING, at: ELSEWHERE, policy })).toEqual({ outcome: 'match', reasons });
    expect(assess({ minted: DEVICE, at: ELSEWHERE, policy })).toEqual({
      outcome: 'refuse',
      reasons: [...reasons, 'no_number'],
    });
    expect(assess({ minted: DEVICE, at: ELSEWHERE })).toEqual({ outcome: 'allow', reasons });
  });

  test('on the same device is no number', () => {
    const seen = { sameDevice: true, history: { scans: { count: 2, max: 1 } } };
    expect(assess({ ...seen, policy: { many_scans: 'match' } })?.outcome).toBe('allow');
    expect(assess({ ...seen, policy: { many_scans: 'refuse' } })?.outcome).toBe('refuse');
  });

  test('a second phone counts where the policy names it', () => {
    const reasons = ['many_phones'];
    const judge = (policy: RiskPolicy, minted = KNOWN) => assessSecondPhone({ minted, policy }, false);
    expect(judge({ other_network: 'refuse' })).toBeUndefined();
    expect(judge({ many_phones: 'allow' })).toEqual({ outcome: 'allow', reasons });
    expect(judge({ many_phones: 'match' })).toEqual({ outcome: 'match', reasons });
    expect(judge({ many_phones: 'match' }, DEVICE)).toEqual({
      outcome: 'refuse',
      reasons: ['many_phones', 'no_number'],
    });
  });
});

const anyPolicy = dictionary(constantFrom(...RISK_SIGNS), constantFrom(...RISK_OUTCOMES));
const anyWhere = constantFrom(
  { isPrivate: true },
  { isPrivate: false },
  { isPrivate: false, country: 'DE' },
  { isPrivate: false, country: 'FR' },
);
const anySeen = record({
  minted: constantFrom(KNOWN, MINTED, SHOWING),
  at: record({
    isSameNetwork: constantFrom(true, false),
    browser: anyWhere,
    phone: anyWhere,
    knowsPlaces: constantFrom(true, false),
  }),
  history: record({
    codes: constantFrom({ count: 1, max: 1 }, { count: 2, max: 1 }),
    scans: constantFrom({ count: 1, max: 1 }, { count: 2, max: 1 }),
    isUnknown: constantFrom(true, false),
  }),
});

describe(`A graver policy (seed ${SEED})`, () => {
  test('never has a milder outcome', () => {
    const grade = (seen: Seen, policy: RiskPolicy): number =>
      RISK_OUTCOMES.indexOf(assess({ ...seen, policy })?.outcome ?? 'allow');
    assert(
      property(anySeen, anyPolicy, constantFrom<RiskSign>(...RISK_SIGNS), (seen, policy, sign) => {
        const graver = { ...policy, [sign]: 'refuse' as const };
        expect(grade(seen, graver)).toBeGreaterThanOrEqual(grade(seen, policy));
      }),
      RUN,
    );
  });
});
