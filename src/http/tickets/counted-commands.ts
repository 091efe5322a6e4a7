import type { TicketCommands } from '../../command/ticket-commands.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { ScangateError } from '../../ticket/error.ts';

/** The same commands, counted by type and outcome. */
export function countedCommands(commands: TicketCommands, metrics: Metrics): TicketCommands {
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
    mint: (ticketId, data) => counted('mint', commands.mint(ticketId, data), () => 'decided'),
    run: (ticketId, command, guard) =>
      counted(command.type, commands.run(ticketId, command, guard), ({ decided }) =>
        decided ? 'decided' : 'repeated',
      ),
    redeem: (ticketId, replay, guard, session) =>
      counted('redeem', commands.redeem(ticketId, replay, guard, session), () => 'decided'),
  };
}
