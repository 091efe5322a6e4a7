import type { TicketView } from '../../command/ticket-view.ts';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import type { Place, Places } from '../../place/places.ts';
import { assessScan, assessSecondPhone } from '../../risk/assess.ts';
import type { Judged, Whereabouts } from '../../risk/assess.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ReportSecurity } from '../../telemetry/security-event.ts';
import type { Device, User } from '../../ticket/events.ts';
import { RISK_OUTCOMES, RISK_REASONS } from '../../ticket/risk.ts';
import type { Risk, RiskReason } from '../../ticket/risk.ts';
import { isPrivateAddress, sameNetwork } from '../caller/client-address.ts';
import { userKeyOf } from './known-browsers.ts';
import type { CountScan } from './scan-history.ts';

export interface ScanRiskParts {
  readonly clients: ClientRegistry;
  readonly places: Places;
  readonly countScan: CountScan;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly report: ReportSecurity;
}

/** Who scans, with which device, and whether that is the one that waits. */
export interface Scan {
  readonly user: User;
  readonly phone: Device;
  readonly sameDevice: boolean;
}

/** What is seen of scans that may not be their users' own doing. */
export interface ScanRisk {
  /** Of the first scan of a ticket, as its client's policy is now. What is counted is counted once a call. */
  assess(view: TicketView, scan: Scan): Promise<Risk | undefined>;
  /** Of another user's phone that scans the same code. */
  assessSecondPhone(view: TicketView): Risk | undefined;
  /**
   * Tells of a scan that was just written: in figures; in the log where a number must match; as a security event where it is
   * refused, of the user whose sign-in it is.
   *
   * @param counted the reasons that are new, where others were told of before; by default all.
   */
  tell(view: TicketView, counted?: readonly RiskReason[]): void;
  /** Where an address is; undefined where that is unknown, and for private addresses. */
  placeOf(ip: string): Place | undefined;
}

export function scanRisk({ clients, places, countScan, metrics, log, report }: ScanRiskParts): ScanRisk {
  for (const outcome of RISK_OUTCOMES)
    for (const reason of ['none', ...RISK_REASONS]) metrics.risk.inc({ outcome, reason }, 0);
  const judged = ({ ticket: { minted } }: TicketView): Judged => ({
    minted,
    policy: clients.find(minted.client_id)?.policy.risk ?? {},
  });
  const placeOf = (ip: string): Place | undefined => (isPrivateAddress(ip) ? undefined : places.find(ip));

  function whereabouts(ip: string): Whereabouts {
    const country = placeOf(ip)?.country;
    return {
      isPrivate: isPrivateAddress(ip),
      isHidden: ip === '',
      ...(country === undefined ? {} : { country }),
    };
  }

  return {
    async assess(view, { user, phone, sameDevice }) {
      const about = judged(view);
      const { ip } = view.ticket.minted.browser;
      const history = await countScan({ user, ticketId: view.ticketId, browserIp: ip }, about.policy);
      const scanner = { userKey: userKeyOf(user), isSameDevice: sameDevice };
      const addresses = {
        isSameNetwork: sameNetwork(ip, phone.ip),
        browser: whereabouts(ip),
        phone: whereabouts(phone.ip),
        knowsPlaces: places.isThere,
      };
      return assessScan(about, scanner, addresses, history);
    },

    assessSecondPhone: (view) => assessSecondPhone(judged(view), view.ticket.scanned?.same_device === true),

    tell({ ticketId, ticket: { minted, scanned } }, counted) {
      const { outcome, reasons } = scanned?.risk ?? { outcome: 'allow', reasons: [] };
      if (reasons.length === 0) metrics.risk.inc({ outcome, reason: 'none' });
      for (const reason of counted ?? reasons) metrics.risk.inc({ outcome, reason });
      // Whoever made the code is who to look for.
      const address = minted.browser.ip === '' ? undefined : minted.browser.ip;
      const about = { ticket_id: ticketId, client_id: minted.client_id };
      if (outcome === 'match')
        log.info({ ...about, reasons }, 'a sign-in must match its number for its risk');
      if (outcome !== 'refuse') return;
      report({ kind: 'refused_by_risk', reason: reasons.join(','), ...about, user: scanned?.user, address });
    },

    placeOf,
  };
}
