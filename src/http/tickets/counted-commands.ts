import type { TicketCommands } from '../../command/ticket-commands.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { ScangateError } from '../../ticket/error.ts';

/** Outcomes of a ticket by which it is counted; that its time ran out is whoever notices first, and so nobody's to count. */
const OUTCOMES = ['scanned', 'confirmed', 'denied', 'cancelled', 'redeemed'] as const;

const TYPES = ['mint', 'scan', 'contest', 'confirm', 'accept', 'deny', 'refuse', 'cancel', 'redeem'] as const;

/**
 * The same commands, counted by type and outcome, and tickets by what came of them.
 *
 * @param clientLabel what a client is called in the metrics: one of few.
 */
export function countedCommands(
  commands: TicketCommands,
  metrics: Metrics,
  clientLabel: (clientId: string) => string = () => 'other',
): TicketCommands {
  for (const outcome of OUTCOMES) metrics.ticketSeconds.zero({ outcome });
  for (const type of TYPES) metrics.commands.inc({ type, outcome: 'decided' }, 0);
  for (const outcome of ['minted', ...OUTCOMES]) metrics.tickets.inc({ client: 'other', outcome }, 0);

  function came({ ticket, head }: TicketView, to: string = ticket.status): void {
    metrics.tickets.inc({ client: clientLabel(ticket.minted.client_id), outcome: to });
    const [first, last] = [head.moments[0], head.moments.at(-1)];
    if (to !== 'minted' && first !== undefined && last !== undefined)
      metrics.ticketSeconds.observe({ outcome: to }, (last.at - first.at) / 1000);
  }

  async function counted<R>(type: string, work: Promise<R>, outcomeOf: (result: R) => string): Promise<R> {
    try {
      const result = await work;
      metrics.commands.inc({ type, outcome: outcomeOf(result) });
      return result;
    } catch (error) {
      metrics.commands.inc({ type, outcome: error instanceof ScangateError ? error.code : 'defect' });
      throw error;
    }
  }

  return {
    look: (ticketId, guard) => commands.look(ticketId, guard),
    expire: (head) => commands.expire(head),
    mint: (ticketId, data) =>
      counted('mint', commands.mint(ticketId, data), (view) => {
        came(view, 'minted');
        return 'decided';
      }),
    run: (ticketId, command, guard) =>
      counted(command.type, commands.run(ticketId, command, guard), (view) => {
        if (view.decided && isOutcome(command.type, view)) came(view);
        return view.decided ? 'decided' : 'repeated';
      }),
    redeem: (ticketId, replay, guard, session) =>
      counted('redeem', commands.redeem(ticketId, replay, guard, session), ({ view }) => {
        came(view, 'redeemed');
        return 'decided';
      }),
  };
}

/** An acceptance, or a second phone, leaves a ticket in the state that it was in. */
function isOutcome(command: string, { ticket }: TicketView): boolean {
  return command !== 'accept' && command !== 'contest' && OUTCOMES.some((one) => one === ticket.status);
}
