import type { TicketView } from '../../command/ticket-view.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** What may come of a ticket once it is minted. */
export const TICKET_OUTCOMES = [
  'scanned',
  'confirmed',
  'denied',
  'cancelled',
  'redeemed',
  'expired',
] as const;

/** Told how far a ticket came, by whoever wrote the event. @param outcome its status, unless said otherwise. */
export type TicketCame = (view: TicketView, outcome?: string) => void;

/**
 * Counts tickets by what came of them, and how long that took from their minting.
 *
 * @param clientLabel what a client is called in the metrics: one of few.
 */
export function ticketOutcomes(metrics: Metrics, clientLabel: (clientId: string) => string): TicketCame {
  for (const outcome of TICKET_OUTCOMES) metrics.ticketSeconds.zero({ outcome });
  for (const outcome of ['minted', ...TICKET_OUTCOMES]) metrics.tickets.inc({ client: 'other', outcome }, 0);

  return ({ ticket, head }, outcome = ticket.status) => {
    metrics.tickets.inc({ client: clientLabel(ticket.minted.client_id), outcome });
    const [first, last] = [head.moments[0], head.moments.at(-1)];
    if (outcome !== 'minted' && first !== undefined && last !== undefined)
      metrics.ticketSeconds.observe({ outcome }, (last.at - first.at) / 1000);
  };
}
