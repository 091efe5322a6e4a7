import type { Command } from 'commander';
import { command } from './command.ts';
import type { Run } from './command.ts';
import { STATUS } from '../terminal.ts';

/** `scangate timeline`. */
export function timelineCommand(run: Run): Command {
  return command('timeline', {
    summary: 'shows a ticket’s whole history: who, when and from where, nothing secret',
    more: 'With a file store only while no gateway runs on it. It ends with status 1 where the log holds no such ticket.',
  })
    .argument('<ticket>', 'its id, or `ticket` of a line in the log (`t_…`)')
    .action(async (ticketId: string, { json = false }: { readonly json?: boolean }) => {
      await run(
        json,
        async (terminal) => {
          const { timeline } = await import('../timeline.ts');
          return await timeline(ticketId, terminal);
        },
        STATUS.done,
      );
    });
}
