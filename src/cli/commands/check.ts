import type { Command } from 'commander';
import { command } from './command.ts';
import type { Run } from './command.ts';

/** `scangate check`. */
export function checkCommand(run: Run): Command {
  return command('check', {
    summary: 'says which settings take effect and where from, what is risky, and how the store is',
    more: 'Secrets are not shown, and nothing is changed. It ends with status 1 where a gateway would not start, as beside one that runs on the same port or the same folder.',
  }).action(async ({ json = false }: { readonly json?: boolean }) => {
    await run(json, async (terminal) => {
      const { check } = await import('../check/check.ts');
      return await check(terminal);
    });
  });
}
