import type { Command } from 'commander';
import { command } from './command.ts';
import type { Run } from './command.ts';
import { STATUS } from '../terminal.ts';

interface Given {
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

/** `scangate forget`. */
export function forgetCommand(run: Run): Command {
  return command('forget', {
    summary: 'has the record forget a person: ends their sessions, then erases what it says of them',
    more:
      'Their sessions and sign-ins end first, as by `revoke --user`. Then the record forgets who they are, their addresses and agents, ' +
      'in all entries of their tickets and sessions, and every other entry that names them. The entries stay, say `erased`, and the chains still ' +
      'prove them. Nothing brings back what was forgotten: --dry-run tells first how much it is. Broken off, the same again forgets what is left. On a file ' +
      'store that a gateway runs on, that gateway does it, by SCANGATE_ADMIN_LISTEN; on Redis it takes SCANGATE_ARCHIVE as the gateways ' +
      'have it. It ends with status 1 as `revoke` does.',
  })
    .argument('<source:subject>', 'who, such as demo:alice')
    .option('--dry-run', 'ends and erases nothing, and says how much it would be')
    .action(async (user: string, { json = false, dryRun = false }: Given) => {
      await run(
        json,
        async (terminal) => {
          const { forget } = await import('../forget/forget.ts');
          return await forget(user, dryRun, terminal);
        },
        dryRun ? STATUS.done : undefined,
      );
    });
}
