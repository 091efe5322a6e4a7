import { Option } from 'commander';
import type { Command } from 'commander';
import { hearHangups } from '../hangups.ts';
import { command } from './command.ts';

/** `scangate serve`. */
export function serveCommand(): Command {
  return command('serve', {
    summary: 'runs a gateway until SIGTERM or SIGINT',
    more: 'It ends with status 0 after a signal, and with 1 where it cannot start.',
    json: new Option('--json', 'write nothing but the log, which is JSON, to standard output'),
  }).action(async ({ json }: { readonly json?: true }) => {
    const onHangup = hearHangups();
    const { serve } = await import('../serve.ts');
    await serve(json === true ? undefined : 'npx scangate serve', onHangup);
  });
}
