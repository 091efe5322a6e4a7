import { Command, Option } from 'commander';
import { BadCall } from '../bad-call.ts';
import { reasonOf } from '../reason.ts';
import { STATUS, terminalOf } from '../terminal.ts';
import type { Status, Terminal } from '../terminal.ts';

/** How the process hears of a command's end, and writes. */
export interface Streams {
  /** Standard output. */
  write(text: string): void;
  /** Standard error. */
  complain(text: string): void;
  /** The exit status of the process, once nothing is left to do. */
  end(status: Status): void;
  /**
   * What becomes of the process where whoever read standard output has gone, as `| head` does: it ends at once with this
   * status. Undefined: it goes on, unread.
   */
  unread(status: Status | undefined): void;
}

/** Runs what a command does, with a terminal as its options ask for. */
export type Run = (
  json: boolean,
  work: (terminal: Terminal) => Promise<Status>,
  /** See `unread` of the streams: of a command that only reads. */
  unreadStatus?: Status,
) => Promise<void>;

/** Runs commands, and turns what they throw into a line and an exit status. */
export function runOn({ write, complain, end, unread }: Streams): Run {
  return async (json, work, unreadStatus) => {
    unread(unreadStatus);
    const terminal = terminalOf(json, write, complain);
    try {
      end(await work(terminal));
    } catch (error) {
      const reason = error instanceof BadCall ? error.message : reasonOf(error);
      terminal.tell({ error: reason });
      complain(`scangate: ${reason}\n`);
      end(error instanceof BadCall ? STATUS.badCall : STATUS.failed);
    }
  };
}

/** What `--help` and the table of commands say of a command. */
interface About {
  /** Its row in the table, without a full stop. */
  readonly summary: string;
  /** Whole sentences on top of that. */
  readonly more?: string;
  /** `--json`, where it means something of its own. */
  readonly json?: Option;
}

/** A command with what all of them take. */
export function command(name: string, { summary, more, json }: About): Command {
  return new Command(name)
    .summary(summary)
    .description([`${summary}.`, ...(more === undefined ? [] : [more])].join('\n\n'))
    .addOption(json ?? new Option('--json', 'answer in JSON, one value a line'));
}
