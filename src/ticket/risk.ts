/** Signs that a sign-in may not be its user's own: in a file of clients, the members of `scangate.risk`. */
export const RISK_SIGNS = [
  'other_country',
  'other_network',
  'unknown_place',
  'new_browser',
  'device_elsewhere',
  'many_codes',
  'many_phones',
  'many_scans',
  'unknown_history',
] as const;

export type RiskSign = (typeof RISK_SIGNS)[number];

/** Every reason that a risk may have: its signs, and that a number was asked for of a device that cannot show one. */
export const RISK_REASONS = [...RISK_SIGNS, 'no_number'] as const;

export type RiskReason = (typeof RISK_REASONS)[number];

/**
 * What comes of a sign, the mildest first: nothing, but that the phone is told; the phone must type the number that the browser
 * shows; nobody is signed in.
 */
export const RISK_OUTCOMES = ['allow', 'match', 'refuse'] as const;

export type RiskOutcome = (typeof RISK_OUTCOMES)[number];

/** What comes of each sign, where a client's operator has said so; absent: `allow`. */
export type RiskPolicy = { readonly [S in RiskSign]?: RiskOutcome };

/** What was seen of a sign-in, and what came of it. */
export interface Risk {
  readonly outcome: RiskOutcome;
  /** In the order of {@link RISK_REASONS}, each once. */
  readonly reasons: readonly RiskReason[];
}

/** The graver of two outcomes. */
export function graverOutcome(one: RiskOutcome, other: RiskOutcome): RiskOutcome {
  return RISK_OUTCOMES.indexOf(one) < RISK_OUTCOMES.indexOf(other) ? other : one;
}

/** Two risks of one sign-in as one. */
export function joinedRisk(one: Risk | undefined, other: Risk): Risk {
  if (one === undefined) return other;
  return {
    outcome: graverOutcome(one.outcome, other.outcome),
    reasons: RISK_REASONS.filter((reason) => one.reasons.includes(reason) || other.reasons.includes(reason)),
  };
}
