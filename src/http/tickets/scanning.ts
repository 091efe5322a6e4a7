import type { Decided, Guard, TicketAt, TicketCommands } from '../../command/ticket-commands.ts';
import { ScangateError } from '../../ticket/error.ts';
import { isTooRisky } from '../../ticket/ticket.ts';
import type { Scan, ScanRisk } from './scan-risk.ts';

/**
 * Scans a ticket for a phone. A second phone is refused, and the browser that waits hears of it. What its client's policy refuses
 * is denied, and answered to its own phone as any scan is.
 *
 * @throws ScangateError as the command does, `already_scanned` among it.
 */
export type ScanTicket = (at: TicketAt, guard: Guard, scan: Scan) => Promise<Decided>;

export function scanning(commands: TicketCommands, risk: ScanRisk): ScanTicket {
  // A node that ended between the two events leaves this to the next who scans; nobody can confirm meanwhile.
  async function unlessTooRisky(view: Decided, isTold: boolean): Promise<Decided> {
    if (view.ticket.status !== 'scanned' || !isTooRisky(view.ticket)) return view;
    const refused = await commands.run(view, { type: 'refuse' }, () => undefined);
    // What wrote the scan may have failed to answer: then this is the first who knows of it.
    if (refused.decided && !isTold) risk.tell(refused);
    return { ...refused, decided: view.decided };
  }

  return async (at, guard, scan) => {
    const seen = typeof at === 'string' ? await commands.look(at, guard) : at;
    const seenRisk = seen.ticket.status === 'pending' ? await risk.assess(seen, scan) : undefined;
    const command = { type: 'scan', ...scan, ...(seenRisk === undefined ? {} : { risk: seenRisk }) } as const;
    try {
      const view = await commands.run(seen, command, guard);
      if (view.decided) risk.tell(view);
      return await unlessTooRisky(view, view.decided);
    } catch (error) {
      if (!(error instanceof ScangateError) || error.code !== 'already_scanned') throw error;
      // On the ticket as it is now: what this request has read may be from before the first phone.
      const second = risk.assessSecondPhone(seen);
      const contest = { type: 'contest', user: scan.user, ...(second && { risk: second }) } as const;
      const contested = await commands.run(seen.ticketId, contest, guard);
      const isTold = contested.decided && second !== undefined;
      if (isTold) risk.tell(contested, second.reasons);
      await unlessTooRisky(contested, isTold);
      throw error;
    }
  };
}
