import type { Ledger } from '../../store/ledger.ts';
import type { ScanHistory, Tally } from '../../risk/assess.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import type { User } from '../../ticket/events.ts';
import type { RiskPolicy } from '../../ticket/risk.ts';
import { within } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';
import { countedAddress } from '../caller/client-address.ts';

/** How scans are counted. */
export interface ScanHistorySettings {
  /** How long a scan counts, in milliseconds. */
  readonly windowMs: number;
  /** Codes of one address that phones may scan within it before that is many. */
  readonly codesMax: number;
  /** Scans of one user within it before that is many. */
  readonly scansMax: number;
  /** How long a sign-in waits for the counts, in milliseconds; afterwards they are unknown. */
  readonly waitMs: number;
}

export interface ScanHistoryParts {
  readonly ledger: Ledger;
  readonly secrets: TicketSecrets;
  /** The id of the key that makes secrets now: names in the ledger derive from it. */
  readonly makingKeyId: () => string;
  readonly time: Time;
  readonly settings: ScanHistorySettings;
}

/**
 * Counts a scan, and answers what came before. Only what the policy names is counted, so that nobody pays for what nobody asked
 * for. The ledger holds MACs of address and user, until the window is over.
 */
export type CountScan = (user: User, browserIp: string, policy: RiskPolicy) => Promise<ScanHistory>;

const NOTHING: ScanHistory = { isUnknown: false };
const UNKNOWN: ScanHistory = { isUnknown: true };

export function scanHistory({ ledger, secrets, makingKeyId, time, settings }: ScanHistoryParts): CountScan {
  const { windowMs, waitMs } = settings;

  async function tally(what: string, of: readonly string[], max: number): Promise<Tally> {
    const name = `${what}:${secrets.fingerprint(what, makingKeyId(), of)}`;
    return { count: await ledger.count(name, windowMs), max };
  }

  async function counted(user: User, browserIp: string, policy: RiskPolicy): Promise<ScanHistory> {
    const isAsked = policy.many_codes !== undefined;
    const isHidden = browserIp === '';
    const address = isAsked && !isHidden ? countedAddress(browserIp) : undefined;
    const { source, issuer, subject } = user;
    const [codes, scans] = await Promise.all([
      address === undefined ? undefined : tally('risk-codes', [address], settings.codesMax),
      policy.many_scans === undefined
        ? undefined
        : tally('risk-scans', [source, issuer, subject], settings.scansMax),
    ]);
    return {
      ...(codes === undefined ? {} : { codes }),
      ...(scans === undefined ? {} : { scans }),
      // A browser can hide its address: headers of its own contradict its proxy's. That must not pass for few codes.
      isUnknown: isAsked && isHidden,
    };
  }

  return async (user, browserIp, policy) => {
    if (policy.many_codes === undefined && policy.many_scans === undefined) return NOTHING;
    const late = (): Error => new Error('The counts came too late.');
    return await within(time, waitMs, counted(user, browserIp, policy), late).catch(() => UNKNOWN);
  };
}
