import type { Command } from 'commander';
import { command } from './command.ts';
import type { Run } from './command.ts';
import { STATUS } from '../terminal.ts';

interface Given {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly ticket?: string;
  readonly session?: string;
  readonly user?: string;
  readonly client?: string;
  readonly address?: string;
  readonly since?: string;
  readonly before?: string;
}

/** `scangate revoke`. */
export function revokeCommand(run: Run): Command {
  return command('revoke', {
    summary:
      'ends sessions and sign-ins that are under way: of a ticket, session, user, client, address or time',
    more:
      'All that is said must hold. Whoever watches is told at once, and applications that ask for logout tokens within ' +
      'seconds. It sees all that lives, however old. A user alone is signed out everywhere, of the approval page ' +
      'too. The same again ends what is left. On a file store that a gateway runs on, that gateway does it, by ' +
      'SCANGATE_ADMIN_LISTEN. To end a user’s sessions of the approval page where nothing else of theirs is alive, it needs ' +
      'the gateways’ SCANGATE_PHONE_OIDC_ISSUER, SCANGATE_PHONE_JWT_ISSUER or SCANGATE_PHONE_WECHAT_… settings. It ends ' +
      'with status 1 where something could not be ended, or a user is not found and their issuer not known.',
  })
    .option('--ticket <id>', 'the ticket, and the session that it opened')
    .option('--session <sid>', 'the session')
    .option('--user <source:subject>', 'whose they are, such as demo:alice')
    .option('--client <id>', 'whom they are for')
    .option('--address <address>', 'the browser’s address, or a network such as 192.0.2.0/24')
    .option('--since <time>', 'what began then or later: 2026-07-01T12:00:00Z, or PT2H for two hours ago')
    .option('--before <time>', 'what began earlier than that')
    .option('--dry-run', 'ends nothing, and names what would be ended')
    .action(async ({ json = false, dryRun = false, ...asked }: Given) => {
      await run(
        json,
        async (terminal) => {
          const { revoke } = await import('../revoke/revoke.ts');
          return await revoke(asked, dryRun, terminal);
        },
        dryRun ? STATUS.done : undefined,
      );
    });
}
