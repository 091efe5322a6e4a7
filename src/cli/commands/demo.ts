import type { Command } from 'commander';
import { STATUS } from '../terminal.ts';
import { command } from './command.ts';
import type { Run } from './command.ts';

/** `scangate demo`. */
export function demoCommand(run: Run): Command {
  return command('demo', {
    summary: 'plays one sign-in in this terminal, on a gateway and a store of its own',
  }).action(async ({ json = false }: { readonly json?: boolean }) => {
    await run(json, async (terminal) => {
      const { runDemo } = await import('../demo.ts');
      await runDemo(terminal);
      return STATUS.done;
    });
  });
}
