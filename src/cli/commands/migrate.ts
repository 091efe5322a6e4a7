import type { Command } from 'commander';
import { STATUS } from '../terminal.ts';
import { command } from './command.ts';
import type { Run } from './command.ts';

/** `scangate migrate`. */
export function migrateCommand(run: Run): Command {
  return command('migrate', {
    summary: 'sets up the Redis of SCANGATE_STORE, or brings it up to date',
    more: 'It may run any number of times, and beside running gateways. A file store needs none.',
  }).action(async ({ json = false }: { readonly json?: boolean }) => {
    await run(json, async ({ say, tell }) => {
      const { readConfig } = await import('../../config/config.ts');
      const { migrateStore } = await import('../../compose/migration.ts');
      const lines = await migrateStore(readConfig(process.env, false).SCANGATE_STORE);
      for (const line of lines) say(`${line}\n`);
      tell({ done: lines });
      return STATUS.done;
    });
  });
}
