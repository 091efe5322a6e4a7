import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { ConformanceCall } from '../conformance.ts';
import { command } from './command.ts';
import type { Run } from './command.ts';

const JOBS_MAX = 32;

interface Given extends Omit<ConformanceCall, 'report'> {
  readonly json?: true | string;
}

/** `scangate conformance`. Its `--json` may name a file. */
export function conformanceCommand(run: Run): Command {
  return command('conformance', {
    summary: 'holds a running gateway against what docs/wire.md promises',
    more: 'It ends with status 1 where a check failed, and with 2 where no gateway answers.',
    json: new Option('--json [file]', 'write the report as JSON: to a file, else in place of the table'),
  })
    .requiredOption('--url <address>', 'the gateway, as this machine reaches it')
    .option('--demo', 'its phones are demo phones (the default)')
    .addOption(
      new Option('--bearer <token>', 'a phone token of a user, for a gateway with jwt identity').env(
        'CONFORMANCE_BEARER',
      ),
    )
    .addOption(new Option('--other-bearer <token>', 'one of another user').env('CONFORMANCE_OTHER_BEARER'))
    .option('--client <id>', 'the client to act for', 'demo')
    .option('--redirect-uri <address>', 'a redirect address of that client')
    .addOption(
      new Option('--client-secret <secret>', 'its secret, where it has one').env('CONFORMANCE_CLIENT_SECRET'),
    )
    .option(
      '--only <text>',
      'checks whose group or name holds this text; may be repeated',
      collected,
      [] as readonly string[],
    )
    .option('--slow', 'also what takes up to three minutes: heartbeats, pings, deadlines, rotation')
    .option('--jobs <count>', 'checks at a time', jobsOf, 6)
    .action(async ({ json, ...call }: Given) => {
      await run(json === true, async (terminal) => {
        const { runConformance } = await import('../conformance.ts');
        return await runConformance(
          { ...call, ...(typeof json === 'string' ? { report: json } : {}) },
          terminal,
        );
      });
    });
}

function collected(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

function jobsOf(text: string): number {
  const jobs = Number(text);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > JOBS_MAX)
    throw new InvalidArgumentError(`It is a number from 1 to ${JOBS_MAX}.`);
  return jobs;
}
