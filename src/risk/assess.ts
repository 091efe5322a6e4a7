import type { MintedData } from '../ticket/events.ts';
import { RISK_SIGNS, graverOutcome } from '../ticket/risk.ts';
import type { Risk, RiskPolicy, RiskReason, RiskSign } from '../ticket/risk.ts';

/** Where an address is, as far as that can be told. */
export interface Whereabouts {
  /** ISO 3166-1, two letters. */
  readonly country?: string;
  /** Whether it is loopback, private or link-local: such an address has no place in the world. */
  readonly isPrivate: boolean;
  /** Whether the address itself is unknown, as one is that its own headers contradict. */
  readonly isHidden?: boolean;
}

/** Where browser and phone are, as a scan finds them. */
export interface Addresses {
  readonly isSameNetwork: boolean;
  readonly browser: Whereabouts;
  readonly phone: Whereabouts;
  /** Whether there is something to look places up in at all. */
  readonly knowsPlaces: boolean;
}

/** How much there was of something, this time included, and from where on it is much. */
export interface Tally {
  readonly count: number;
  readonly max: number;
}

/** What happened within the window before. */
export interface ScanHistory {
  /** Codes from the browser's address that phones scanned. */
  readonly codes?: Tally;
  /** Scans of this user. */
  readonly scans?: Tally;
  /** Something of it should be known, and is not. */
  readonly isUnknown: boolean;
}

/** Who scans, and on which device. */
export interface Scanner {
  /** The digest by which a known browser knows the user. */
  readonly userKey: string;
  /** On the very device that waits: its browser alone gets the result. */
  readonly isSameDevice: boolean;
}

/** What a risk is judged by: how the ticket was minted, and what its client's operator makes of each sign. */
export interface Judged {
  readonly minted: MintedData;
  readonly policy: RiskPolicy;
}

/** What is seen of a scan that may not be its user's own doing, and what comes of it; undefined: nothing is seen. */
export function assessScan(
  judged: Judged,
  scanner: Scanner,
  addresses: Addresses,
  history: ScanHistory,
): Risk | undefined {
  const there: Readonly<Record<RiskSign, boolean>> = {
    ...(scanner.isSameDevice ? NOTHING_ELSEWHERE : signsElsewhere(judged, scanner, addresses)),
    many_codes: isMuch(history.codes),
    many_phones: false,
    many_scans: isMuch(history.scans),
    unknown_history: history.isUnknown,
  };
  const signs = RISK_SIGNS.filter((sign) => there[sign]);
  return riskOf(judged, signs, scanner.isSameDevice);
}

/** What comes of a second user's phone that scans the same code. */
export function assessSecondPhone(judged: Judged, isSameDevice: boolean): Risk | undefined {
  return judged.policy.many_phones === undefined ? undefined : riskOf(judged, ['many_phones'], isSameDevice);
}

type SignElsewhere = 'other_country' | 'other_network' | 'unknown_place' | 'new_browser' | 'device_elsewhere';

const NOTHING_ELSEWHERE: Readonly<Record<SignElsewhere, boolean>> = {
  other_country: false,
  other_network: false,
  unknown_place: false,
  new_browser: false,
  device_elsewhere: false,
};

function signsElsewhere(
  { minted, policy }: Judged,
  { userKey }: Scanner,
  { isSameNetwork, browser, phone, knowsPlaces }: Addresses,
): Readonly<Record<SignElsewhere, boolean>> {
  const areKnown = browser.country !== undefined && phone.country !== undefined;
  return {
    other_country: areKnown && browser.country !== phone.country,
    other_network: !isSameNetwork,
    unknown_place: !isSameNetwork && [browser, phone].some((one) => isNowhere(one, knowsPlaces)),
    // Of a browser that has no cookie of the gateway's nothing can be known: that counts only where somebody asks.
    new_browser:
      minted.known_browser === undefined
        ? (policy.new_browser ?? 'allow') !== 'allow'
        : !minted.known_browser.users.includes(userKey),
    device_elsewhere: minted.grant === 'device_code' && !isSameNetwork,
  };
}

function isNowhere({ country, isPrivate, isHidden = false }: Whereabouts, knowsPlaces: boolean): boolean {
  return isHidden || (knowsPlaces && country === undefined && !isPrivate);
}

function isMuch(tally: Tally | undefined): boolean {
  return tally !== undefined && tally.count > tally.max;
}

function riskOf(
  { minted, policy }: Judged,
  signs: readonly RiskSign[],
  isSameDevice: boolean,
): Risk | undefined {
  if (signs.length === 0) return undefined;
  const outcome = signs.map((sign) => policy[sign] ?? 'allow').reduce(graverOutcome);
  if (outcome !== 'match') return { outcome, reasons: signs };
  // What a number would prove is proven there: the result comes back to the browser that waits, on this very device.
  if (isSameDevice) return { outcome: 'allow', reasons: signs };
  if (minted.grant === 'device_code' && minted.number_shown !== true)
    return { outcome: 'refuse', reasons: [...signs, 'no_number'] satisfies RiskReason[] };
  return { outcome, reasons: signs };
}
