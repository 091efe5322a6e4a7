import { availableParallelism } from 'node:os';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { command } from './command.ts';
import type { Run } from './command.ts';

/** The most threads of a rebuild: Redis would be busy with less. */
const THREADS_MAX = 16;

interface Given {
  readonly json?: boolean;
  readonly threads?: number;
}

/** `scangate rebuild`. */
export function rebuildCommand(run: Run): Command {
  return command('rebuild', {
    summary: 'folds all tickets anew from the log, compares, and puts back heads that are missing',
    more: 'It ends with status 1 where a head is not what the log adds up to.',
  })
    .option('--threads <count>', 'how many threads; by default one for each processor', threadsOf)
    .action(async ({ json = false, threads = Math.min(availableParallelism(), THREADS_MAX) }: Given) => {
      await run(json, async (terminal) => {
        const { rebuild } = await import('../rebuild.ts');
        return await rebuild(threads, terminal);
      });
    });
}

function threadsOf(text: string): number {
  const threads = Number(text);
  if (!Number.isInteger(threads) || threads < 1 || threads > THREADS_MAX)
    throw new InvalidArgumentError(`It is a number from 1 to ${THREADS_MAX}.`);
  return threads;
}
