import { Command, CommanderError } from 'commander';
import { runOn } from './commands/command.ts';
import type { Streams } from './commands/command.ts';
import { auditCommand } from './commands/audit.ts';
import { checkCommand } from './commands/check.ts';
import { completionCommand } from './commands/completion.ts';
import { conformanceCommand } from './commands/conformance.ts';
import { demoCommand } from './commands/demo.ts';
import { exportCommand } from './commands/export.ts';
import { forgetCommand } from './commands/forget.ts';
import { importCommand } from './commands/import.ts';
import { migrateCommand } from './commands/migrate.ts';
import { rebuildCommand } from './commands/rebuild.ts';
import { revokeCommand } from './commands/revoke.ts';
import { serveCommand } from './commands/serve.ts';
import { timelineCommand } from './commands/timeline.ts';
import { webhooksCommand } from './commands/webhooks.ts';
import { isTicketId } from '../secrets/ticket-secrets.ts';
import { STATUS } from './terminal.ts';

const AFTER = `
Settings come from the environment: docs/settings.md lists them.

Exit status: 0 it worked, 1 it did not, 2 a wrong call.`;

/** `scangate` with all its commands. What one does is loaded only when it runs. */
export function makeProgram(version: string, streams: Streams): Command {
  const program = new Command('scangate')
    .description('Scan to sign in: a gateway, and the tools to run one.')
    .version(version, '--version', 'this release')
    .helpOption('-h, --help', 'what there is; nothing is run')
    .exitOverride()
    .showHelpAfterError()
    .configureOutput({
      writeOut: (text) => {
        streams.unread(undefined);
        streams.write(text);
      },
      writeErr: (text) => streams.complain(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'scangate: ')),
    });
  const run = runOn(streams);
  const commands = [
    serveCommand(),
    checkCommand(run),
    demoCommand(run),
    migrateCommand(run),
    rebuildCommand(run),
    timelineCommand(run),
    revokeCommand(run),
    forgetCommand(run),
    exportCommand(run, version),
    importCommand(run),
    auditCommand(run),
    webhooksCommand(run),
    conformanceCommand(run),
    completionCommand(run, program),
  ];
  for (const command of commands)
    program.addCommand(
      command
        .copyInheritedSettings(program)
        .version(version, '--version', 'this release')
        .addHelpText('after', AFTER),
    );
  return program.addHelpText('after', AFTER);
}

/** Runs what was called. @param args without the program's name. */
export async function runProgram(args: readonly string[], version: string, streams: Streams): Promise<void> {
  const program = makeProgram(version, streams);
  try {
    await program.parseAsync(idsLast(args), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and the release, where they were asked for, end with 0; help that is shown for want of a command does not.
    if (error.exitCode !== 0 && args.includes('--json'))
      streams.write(`${JSON.stringify({ error: error.message.replace(/^error: /, '') })}\n`);
    streams.end(error.exitCode === 0 ? STATUS.done : STATUS.badCall);
  }
}

/** One ticket's id in 64 begins with a dash, as an option does. */
function idsLast(args: readonly string[]): readonly string[] {
  if (args[0] !== 'timeline' || args.includes('--')) return args;
  const ids = args.filter((text) => text.startsWith('-') && isTicketId(text));
  return [...args.filter((text) => !ids.includes(text)), '--', ...ids];
}
