import type { Command } from 'commander';
import { command } from './command.ts';
import type { Run } from './command.ts';
import { STATUS } from '../terminal.ts';

/** `scangate export`. */
export function exportCommand(run: Run, release: string): Command {
  return command('export', {
    summary: 'copies the whole store into a file, while gateways run on it',
    more: 'The file is JSON, one value a line, with a checksum at its end, and is readable by its owner alone: it says who signed in from where. The secrets are not in it. Nothing of the store is changed. With a file store it is run on the gateway’s own machine, or in its container.',
  })
    .argument('<file>', 'where to; - is standard output')
    .action(async (file: string, { json = false }: { readonly json?: boolean }) => {
      await run(
        json,
        async (terminal) => {
          const { exportStore } = await import('../export.ts');
          return await exportStore(file, release, terminal);
        },
        file === '-' ? STATUS.failed : undefined,
      );
    });
}
