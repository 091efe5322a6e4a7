import type { TicketCommands } from '../../command/ticket-commands.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { ScangateError } from '../../ticket/error.ts';
import { TICKET_OUTCOMES } from './ticket-outcomes.ts';
import type { TicketCame } from './ticket-outcomes.ts';

const TYPES = ['mint', 'scan', 'contest', 'confirm', 'accept', 'deny', 'refuse', 'cancel', 'redeem'] as const;

/** Who hears of commands. */
export interface CommandListeners {
  readonly metrics: Metrics;
  readonly came: TicketCame;
  /** Told of each ticket that was read or written. */
  readonly saw: (view: TicketView) => void;
}

/** The same commands, counted by type and outcome, and tickets by what came of them. */
export function countedCommands(
  commands: TicketCommands,
  { metrics, came, saw }: CommandListeners,
): TicketCommands {
  for (const type of TYPES)
    for (const outcome of ['decided', 'repeated']) metrics.commands.inc({ type, outcome }, 0);

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
    look: (ticketId, guard) =>
      commands.look(ticketId, (view) => {
        saw(view);
        guard(view);
      }),
    expire: (head) => commands.expire(head),
    mint: (ticketId, data) =>
      counted('mint', commands.mint(ticketId, data), (view) => {
        saw(view);
        came(view, 'minted');
        return 'decided';
      }),
    run: (ticketId, command, guard) =>
      counted(
        command.type,
        commands.run(ticketId, command, (view) => {
          saw(view);
          return guard(view);
        }),
        (view) => {
          if (view.decided && isOutcome(command.type, view)) came(view);
          return view.decided ? 'decided' : 'repeated';
        },
      ),
    redeem: (ticketId, replay, guard, session) =>
      counted('redeem', commands.redeem(ticketId, replay, guard, session), ({ view }) => {
        saw(view);
        came(view, 'redeemed');
        return 'decided';
      }),
  };
}

/** An acceptance, or a second phone, leaves a ticket in the state that it was in. */
function isOutcome(command: string, { ticket }: TicketView): boolean {
  return (
    command !== 'accept' && command !== 'contest' && TICKET_OUTCOMES.some((one) => one === ticket.status)
  );
}
