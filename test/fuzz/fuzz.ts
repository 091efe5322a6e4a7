import { setTimeout as sleep } from 'node:timers/promises';
import { randomFrom } from '../support/random.ts';
import { Sender } from './exchange.ts';
import { startFuzzedGateway } from './gateway.ts';
import { holdingOf } from './growth.ts';
import type { Holding } from './growth.ts';
import { newTally, sendMalformed } from './requests.ts';
import type { Tally } from './requests.ts';
import { playSequences } from './sequences.ts';
import { MARK } from './verdict.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly requests: number;
  readonly sequences: number;
}

const CONNECTIONS = 16;
/** What is tried before it counts what the process holds: a process that has just begun holds little. */
const WARM_UP = 4000;
/** Until connections that were let go are closed, and tickets are forgotten. */
const QUIET_MS = 8000;
/** How much more memory there may be after the run than after the first part of it. */
const GROWTH_BYTES = 96 * 1024 * 1024;
const DESCRIPTORS_MORE = 16;

/** Plays all of it against a gateway of its own, tells what it does, and returns the exit status. */
export async function fuzz({ seed, requests, sequences }: FuzzOptions): Promise<number> {
  const { gateway, stop } = await startFuzzedGateway();
  const sender = new Sender(gateway.url, CONNECTIONS);
  const random = randomFrom(seed);
  const tally = newTally();
  const begun = performance.now();
  const progress = (what: string): void => {
    const perSecond = Math.round((tally.sent / (performance.now() - begun)) * 1000);
    process.stderr.write(
      `\r${what}: ${tally.sent} sent, ${perSecond} a second, ${tally.mistakes.length} mistakes `,
    );
  };
  console.log(`fuzz --seed ${seed} --requests ${requests} --sequences ${sequences}`);
  try {
    const warm = Math.min(WARM_UP, requests);
    await sendMalformed(gateway.url, sender, warm, random, tally, () => progress('malformed'));
    const before = await holdingOf(gateway.pid);
    await sendMalformed(gateway.url, sender, requests - warm, random, tally, () => progress('malformed'));
    await playSequences(sender, sequences, random, tally, () => progress('sequences'));
    sender.close();
    await sleep(QUIET_MS);
    const after = await holdingOf(gateway.pid);
    const mistakes = [...tally.mistakes, ...growth(before, after), ...repeated(gateway.output())];
    tell(tally, before, after, mistakes);
    return mistakes.length === 0 ? 0 : 1;
  } finally {
    await stop();
  }
}

function growth(before: Holding, after: Holding): readonly string[] {
  const more = after.descriptors - before.descriptors;
  return [
    ...(after.memory - before.memory > GROWTH_BYTES ? ['memory grew'] : []),
    ...(more > DESCRIPTORS_MORE ? [`${more} descriptors more than before`] : []),
  ];
}

/** What the gateway printed of secrets, and every defect that it noticed itself. */
export function repeated({
  stdout,
  stderr,
}: {
  readonly stdout: string;
  readonly stderr: string;
}): readonly string[] {
  return (stdout + stderr)
    .split('\n')
    .filter((line) => line.includes(MARK) || /"level":"(error|fatal)"/.test(line))
    .slice(0, 10);
}

function tell(tally: Tally, before: Holding, after: Holding, mistakes: readonly string[]): void {
  const statuses = [...tally.statuses]
    .map(([status, times]) => `${status} × ${times}`)
    .toSorted((one, other) => one.localeCompare(other));
  const mebibytes = (bytes: number): number => Math.round(bytes / 1024 / 1024);
  console.log(`\n${tally.sent} answers: ${statuses.join(', ')}`);
  console.log(
    `memory ${mebibytes(before.memory)} MiB, then ${mebibytes(after.memory)} MiB; ` +
      `descriptors ${before.descriptors}, then ${after.descriptors}`,
  );
  for (const mistake of mistakes) console.log(`- ${mistake}`);
  console.log(mistakes.length === 0 ? 'nothing found' : `${mistakes.length} found`);
}
