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

/** One scan: by whom, of which ticket, and where that ticket's browser is. */
export interface CountedScan {
  readonly user: User;
  readonly ticketId: string;
  /** Empty: unknown. */
  readonly browserIp: string;
}

/**
 * Counts a scan, and answers what came before. A ticket counts once, however often it is scanned. Only what the policy names is counted, so that nobody pays for what nobody asked
 * for. The ledger holds MACs of address, user and ticket, until the window is over.
 */
export type CountScan = (scan: CountedScan, policy: RiskPolicy) => Promise<ScanHistory>;

const NOTHING: ScanHistory = { isUnknown: false };
const UNKNOWN: ScanHistory = { isUnknown: true };

export function scanHistory({ ledger, secrets, makingKeyId, time, settings }: ScanHistoryParts): CountScan {
  const { windowMs, waitMs } = settings;

  async function tally(what: string, of: readonly string[], ticketId: string, max: number): Promise<Tally> {
    const key = makingKeyId();
    const set = `${what}:${secrets.fingerprint(what, key, of)}`;
    // One more than is allowed says all that is asked.
    await ledger.addMember(set, secrets.fingerprint(what, key, [ticketId]), windowMs, max + 1);
    return { count: (await ledger.members(set, max + 1)).length, max };
  }

  async function counted(scan: CountedScan, policy: RiskPolicy): Promise<ScanHistory> {
    const { user, ticketId, browserIp } = scan;
    const isAsked = policy.many_codes !== undefined;
    const isHidden = browserIp === '';
    const address = isAsked && !isHidden ? countedAddress(browserIp) : undefined;
    const { source, issuer, subject } = user;
    const [codes, scans] = await Promise.all([
      address === undefined ? undefined : tally('risk-codes', [address], ticketId, settings.codesMax),
      policy.many_scans === undefined
        ? undefined
        : tally('risk-scans', [source, issuer, subject], ticketId, settings.scansMax),
    ]);
    return {
      ...(codes === undefined ? {} : { codes }),
      ...(scans === undefined ? {} : { scans }),
      // A browser can hide its address: headers of its own contradict its proxy's. That must not pass for few codes.
      isUnknown: isAsked && isHidden,
    };
  }

  return async (scan, policy) => {
    if (policy.many_codes === undefined && policy.many_scans === undefined) return NOTHING;
    const late = (): Error => new Error('The counts came too late.');
    return await within(time, waitMs, counted(scan, policy), late).catch(() => UNKNOWN);
  };
}
