import type { Command } from 'commander';
import { KINDS } from '../../record/entry/kinds.ts';
import type { AuditGiven } from '../audit/audit-given.ts';
import { command } from './command.ts';
import type { Run } from './command.ts';
import { STATUS } from '../terminal.ts';

/** `scangate audit`. */
export function auditCommand(run: Run): Command {
  return command('audit', {
    summary: 'shows what the record holds: who let which browser in, from where, and what happened since',
    more:
      'The oldest first, as much as there is; with --last the newest. All that is given must hold. It reads while a gateway ' +
      'runs; what happened within the last second may not be there yet. ' +
      'Where older entries were let go of, it says at the end how far back the record goes: with --json on standard error, as `{"record_since": …}`.\n\n' +
      '`audit export` writes every entry as it is chained, one value a line, and `audit verify` says of the record, or of an export, ' +
      'whether each entry is what was written (status 1 where one is not, or where a signature is missing that a gateway would have ' +
      'made by now), up to where a signature covers it, and how old what is not signed yet was when it began to read. Of a receipt in a file it says whether it is one, and what it says; that takes ' +
      '--keys and no store. Without --keys the keys are those that the record names itself: that shows ' +
      'what was altered by accident, and nothing of who made keys of their own. What was cut off at the end shows with --heads alone.',
  })
    .argument(
      '[verify|export]',
      'in place of showing: hold the chains against their signatures, or write what proves them',
    )
    .argument('[file]', 'what verify reads in place of the record: an export, or a receipt')
    .option('--user <user>', 'of this user: a subject, or <source>:<subject>')
    .option('--client <id>', 'for this client')
    .option('--ticket <id>', 'of this ticket, and of the session that it opened')
    .option('--session <sid>', 'of this session')
    .option('--address <address>', 'from this IP address, the browser’s or the phone’s')
    .option('--kind <kind>', `of this kind: ${KINDS.join(', ')}`)
    .option('--since <time>', 'from this time on: 2026-01-31T12:00:00Z, or as long ago as P1D')
    .option('--until <time>', 'before this time')
    .option('--last <count>', 'the newest alone, so many at most')
    .option(
      '--keys <file>',
      'with verify: the keys to trust, as /.well-known/scangate-record-keys tells them',
    )
    .option(
      '--heads <file>',
      'with verify: where the chains stood once, as an earlier export or `verify --json` said it last, kept elsewhere',
    )
    .action(async (what: string | undefined, file: string | undefined, given: AuditGiven) => {
      await run(
        given.json ?? false,
        async (terminal) => {
          if (what !== undefined) {
            const { prove } = await import('../audit/prove.ts');
            return await prove(what, file, given, terminal);
          }
          const { audit } = await import('../audit/audit.ts');
          return await audit(given, terminal);
        },
        what === 'verify' ? undefined : STATUS.done,
      );
    });
}
