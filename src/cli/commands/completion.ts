import { Argument } from 'commander';
import type { Command } from 'commander';
import { bashCompletion, zshCompletion } from '../completion.ts';
import { STATUS } from '../terminal.ts';
import { command } from './command.ts';
import type { Run } from './command.ts';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion } as const;

/** `scangate completion`. @param program whose commands are completed. */
export function completionCommand(run: Run, program: Command): Command {
  return command('completion', {
    summary: 'prints what a shell needs to complete commands and options',
    more: 'For bash: eval "$(scangate completion bash)"; for zsh the same with zsh, after compinit.',
  })
    .addArgument(new Argument('<shell>', 'whose').choices(Object.keys(SHELLS)))
    .action(async (shell: keyof typeof SHELLS, { json = false }: { readonly json?: boolean }) => {
      await run(
        json,
        ({ say, tell }) => {
          const script = SHELLS[shell](program);
          say(script);
          tell({ shell, script });
          return Promise.resolve(STATUS.done);
        },
        STATUS.done,
      );
    });
}
