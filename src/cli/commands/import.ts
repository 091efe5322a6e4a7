import type { Command } from 'commander';
import { command } from './command.ts';
import type { Run } from './command.ts';

interface Given {
  readonly json?: boolean;
  readonly replace?: boolean;
}

/** `scangate import`. */
export function importCommand(run: Run): Command {
  return command('import', {
    summary: 'puts a copy that export made into a store, of either kind, on which no gateway runs',
    more: 'The copy is looked through before anything is written, and until it is there whole no gateway opens the store. An import that was broken off is run again. Whatever ended meanwhile is left out. It ends with status 1 where the store is not empty.',
  })
    .argument('<file>', 'the copy; - is standard input')
    .option('--replace', 'take away what the store holds')
    .action(async (file: string, { json = false, replace = false }: Given) => {
      await run(json, async (terminal) => {
        const { importStore } = await import('../import.ts');
        return await importStore(file, { replace }, terminal);
      });
    });
}
