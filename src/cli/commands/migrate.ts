import type { Command } from 'commander';
import { STATUS } from '../terminal.ts';
import { command } from './command.ts';
import type { Run } from './command.ts';

/** `scangate migrate`. */
export function migrateCommand(run: Run): Command {
  return command('migrate', {
    summary:
      'sets up the Redis of SCANGATE_STORE and the PostgreSQL of SCANGATE_ARCHIVE, or brings them up to date',
    more: 'It may run any number of times, and beside running gateways. A file store needs none.',
  }).action(async ({ json = false }: { readonly json?: boolean }) => {
    await run(json, async ({ say, tell }) => {
      const { toolConfig } = await import('../tool-config.ts');
      const { migrateArchive, migrateStore } = await import('../../compose/migration.ts');
      const config = toolConfig();
      const lines = [
        ...(await migrateStore(config.SCANGATE_STORE)),
        ...(await migrateArchive(config.SCANGATE_ARCHIVE)),
      ];
      for (const line of lines) say(`${line}\n`);
      tell({ done: lines });
      return STATUS.done;
    });
  });
}
