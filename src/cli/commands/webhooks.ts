import { Argument } from 'commander';
import type { Command } from 'commander';
import type { WebhooksGiven } from '../webhooks/webhooks.ts';
import { command } from './command.ts';
import type { Run } from './command.ts';

/** `scangate webhooks`. */
export function webhooksCommand(run: Run): Command {
  return command('webhooks', {
    summary: 'shows who is told of audit events and what waits for them, and tries dead letters again',
    more:
      'It reads while a gateway runs. `list` shows each webhook of SCANGATE_WEBHOOKS_FILE, without its secret, with how many messages wait, are ' +
      'dead, and were let go; `dead` the dead letters, the oldest first; `replay` has them tried again, as if they never had been: by the gateway ' +
      'that runs, within seconds, or by the next that does.',
  })
    .addArgument(new Argument('[what]', 'what to do').choices(['list', 'dead', 'replay']).default('list'))
    .option('--webhook <id>', 'of this webhook alone, by the id that `list` shows')
    .option('--event <id>', 'with dead and replay: the dead letter of this audit event alone')
    .action(async (what: string, given: WebhooksGiven) => {
      await run(given.json ?? false, async (terminal) => {
        const { webhooks } = await import('../webhooks/webhooks.ts');
        return await webhooks(what, given, terminal);
      });
    });
}
