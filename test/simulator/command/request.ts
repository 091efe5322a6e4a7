import { parseArgs } from 'node:util';
import { availableParallelism } from 'node:os';
import type { FaultCount } from '../schedule/generator.ts';

/** What a run was asked for. */
export interface Request {
  /** The seeds from `first` on, so many. */
  readonly first: number;
  readonly seeds: number;
  readonly faults: FaultCount;
  /** Play one seed alone, and tell its story. */
  readonly only: number | undefined;
  /** Play the schedule that this file holds as JSON. */
  readonly schedule: string | undefined;
  readonly workers: number;
  /** Stop after so many seeds that broke a promise. */
  readonly broken: number;
  /** Begin no more seeds after so long. */
  readonly minutes: number | undefined;
  readonly json: boolean;
}

export const USAGE = `npm run simulate -- [--seeds n] [--faults 1|2] [--seed n] [--schedule file] [--from n] [--broken n] [--minutes n] [--workers n] [--without switch] [--json]

Plays whole stores, their Redis servers, Sentinels and clients in virtual time, breaks something in each play, and judges what
the clients were told (docs/failover.md). A seed is one play, and plays the same again.

  --seeds n     how many seeds (300)
  --faults 1|2  one fault, judged by promise (a), or two, judged by promise (b) (1)
  --seed n      this one alone, and its story
  --schedule f  what this file holds alone, as a broken seed is told in its last line
  --from n      the first seed (1)
  --broken n    stop once so many seeds broke a promise (1)
  --minutes n   begin no more seeds after so long
  --workers n   how many at a time (one for each core)
  --without s   switch something off, to see that it is noticed: see scripts/simulate-switches.json
  --json        what came of it as JSON on stdout

Ends with 0 where no promise was broken, with 1 where one was, or where a situation that matters came about in less than 1 %
of 300 seeds or more, and with 2 for a bad call. A seed that broke a promise is made smaller, and told as a story.`;

/** Reads the command line. @throws Error with one line. */
export function readRequest(args: readonly string[]): Request | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '300' },
      faults: { type: 'string', default: '1' },
      seed: { type: 'string' },
      schedule: { type: 'string' },
      from: { type: 'string', default: '1' },
      broken: { type: 'string', default: '1' },
      minutes: { type: 'string' },
      workers: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const faults = wholeNumber('faults', values.faults, 1);
  if (faults > 2) throw new Error('--faults is 1 or 2');
  return {
    first: wholeNumber('from', values.from, 0),
    seeds: wholeNumber('seeds', values.seeds, 1),
    faults: faults as FaultCount,
    only: values.seed === undefined ? undefined : wholeNumber('seed', values.seed, 0),
    schedule: values.schedule,
    workers: wholeNumber('workers', values.workers, 1),
    broken: wholeNumber('broken', values.broken, 1),
    minutes: values.minutes === undefined ? undefined : wholeNumber('minutes', values.minutes, 1),
    json: values.json,
  };
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < least || number > 2 ** 32)
    throw new Error(`--${name} is a whole number from ${least} on`);
  return number;
}
