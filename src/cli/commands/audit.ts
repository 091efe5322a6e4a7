import type { Command } from 'commander';
import type { AuditGiven } from '../audit/audit-given.ts';
import { command } from './command.ts';
import type { Run } from './command.ts';

/** `scangate audit`. */
export function auditCommand(run: Run): Command {
  return command('audit', {
    summary: 'shows what the record holds: who let which browser in, from where, and what happened since',
    more:
      'The oldest first, as much as there is; with --last the newest. All that is given must hold. It reads while a gateway ' +
      'runs; what happened within the last second may not be there yet.',
  })
    .option('--user <user>', 'of this user: a subject, or <source>:<subject>')
    .option('--client <id>', 'for this client')
    .option('--ticket <id>', 'of this ticket, and of the session that it opened')
    .option('--session <sid>', 'of this session')
    .option('--address <address>', 'from this address, the browser’s or the phone’s')
    .option('--kind <kind>', 'of this kind: minted, scanned, confirmed, denied, redeemed, opened, revoked, …')
    .option('--since <time>', 'from this time on: 2026-01-31T12:00:00Z, or as long ago as P1D')
    .option('--until <time>', 'before this time')
    .option('--last <count>', 'the newest alone, so many at most')
    .action(async (given: AuditGiven) => {
      await run(given.json ?? false, async (terminal) => {
        const { audit } = await import('../audit/audit.ts');
        return await audit(given, terminal);
      });
    });
}
