import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { STATUS } from '../terminal.ts';
import { command } from './command.ts';
import type { Run } from './command.ts';

const NODES_MAX = 8;
const PEOPLE_MAX = 1000;
/** Gateways where something is to be broken and no number was said. */
const NODES = 2;

interface Given {
  readonly json?: boolean;
  readonly nodes?: number;
  readonly break?: boolean;
  readonly people: number;
}

/** `scangate demo`. */
export function demoCommand(run: Run): Command {
  return command('demo', {
    summary:
      'plays one sign-in in this terminal, or many while things break, on gateways and a store of its own',
    more:
      'With --nodes or --break, gateways run on a Redis with replicas and Sentinels, all on this machine, people sign in all the ' +
      'while, and in the end all that was said yes to is looked up: status 1 where anything was lost or happened twice. ' +
      'That takes a redis-server (REDIS_SERVER_BIN, or on the PATH).',
  })
    .option('--nodes <count>', 'so many gateways on one Redis', wholeNumber(NODES_MAX))
    .option(
      '--break',
      'kills the Redis master, then a gateway unless it is the only one, while people sign in (2 gateways, if not told)',
    )
    .option('--people <count>', 'sign-ins before, and after, each of these', wholeNumber(PEOPLE_MAX), 25)
    .action(async ({ json = false, nodes, break: breaks = false, people }: Given) => {
      await run(json, async (terminal) => {
        if (nodes !== undefined || breaks) {
          const { rehearse } = await import('../demo/rehearsal.ts');
          return await rehearse({ nodes: nodes ?? NODES, breaks, people }, terminal);
        }
        const { runDemo } = await import('../demo/one-sign-in.ts');
        await runDemo(terminal);
        return STATUS.done;
      });
    });
}

function wholeNumber(most: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : 0;
    if (number < 1 || number > most) throw new InvalidArgumentError(`It is a number from 1 to ${most}.`);
    return number;
  };
}
