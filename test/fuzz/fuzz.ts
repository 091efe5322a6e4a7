import { setTimeout as sleep } from 'node:timers/promises';
import { Sender } from './exchange.ts';
import { startFuzzedGateway } from './gateway.ts';
import type { FuzzedStore } from './gateway.ts';
import { holdingWithoutGarbage } from './growth.ts';
import type { Holding } from './growth.ts';
import { MALFORMATIONS } from './malformation.ts';
import { Progress } from './progress.ts';
import { sendMalformed, sendMalformedAgain } from './requests.ts';
import { playSequences } from './sequences.ts';
import { mintSending } from './sign-in.ts';
import { malformedTable, timesOf, wrongTable } from './table.ts';
import { newTally } from './tally.ts';
import { MARK } from './verdict.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly requests: number;
  readonly sequences: number;
  readonly store: FuzzedStore;
}

/** What one finding is played again by. */
export interface OneFinding {
  readonly seed: number;
  readonly of: 'request' | 'sequence';
  readonly index: number;
  readonly store: FuzzedStore;
}

const CONNECTIONS = 24;
/** What is tried before it counts what the process holds: a process that has just begun holds little. */
const WARM_UP = 4000;
/**
 * Until connections that were let go are closed, and tickets are forgotten. Beside Redis a node remembers for three minutes what it
 * would put back after a failover.
 */
const QUIET_MS = { file: 8000, redis: 200_000 } as const;
/** How much more memory there may be after the run than after the first part of it. */
const GROWTH_BYTES = 96 * 1024 * 1024;
const DESCRIPTORS_MORE = 16;

/** Plays all of it against a gateway of its own, tells what it does, and returns the exit status. */
export async function fuzz({ seed, requests, sequences, store }: FuzzOptions): Promise<number> {
  console.log(`fuzz --seed ${seed} --requests ${requests} --sequences ${sequences} --store ${store}`);
  const { gateway, stop } = await startFuzzedGateway(store, { collects: true });
  const sender = new Sender(gateway.url, CONNECTIONS, mintSending);
  const tally = newTally();
  const warm = Math.min(WARM_UP, requests);
  const malformed = new Progress('malformed', requests, tally);
  const told = (): void => malformed.tell(tally.sent);
  try {
    await sendMalformed(gateway.url, sender, { seed, from: 0, to: warm }, tally, told);
    const before = await holdingWithoutGarbage(gateway);
    await sendMalformed(gateway.url, sender, { seed, from: warm, to: requests }, tally, told);
    malformed.end(tally.sent);
    const played = new Progress('sequences', sequences, tally);
    await playSequences(sender, { seed, from: 0, to: sequences }, tally, () => played.tell(tally.played));
    played.end(tally.played);
    sender.close();
    console.error(`waiting ${QUIET_MS[store] / 1000} s until what was under way is forgotten`);
    await sleep(QUIET_MS[store]);
    const after = await holdingWithoutGarbage(gateway);
    const mistakes = [...tally.mistakes, ...growth(before, after), ...repeated(gateway.output())];
    for (const line of [...malformedTable(tally, MALFORMATIONS), '', ...wrongTable(tally), ''])
      console.log(line);
    console.log(`${tally.sent} answers, ${tally.played} sequences: ${timesOf(tally.statuses)}`);
    console.log(holdings(before, after));
    return verdict(mistakes);
  } finally {
    await stop();
  }
}

/** Plays one finding of a run again, alone, and returns the exit status: 1 where it is found again. */
export async function fuzzOne({ seed, of, index, store }: OneFinding): Promise<number> {
  const { gateway, stop } = await startFuzzedGateway(store);
  const sender = new Sender(gateway.url, CONNECTIONS, mintSending);
  const tally = newTally();
  try {
    if (of === 'request') await sendMalformedAgain(gateway.url, sender, seed, index, tally);
    else await playSequences(sender, { seed, from: index, to: index + 1 }, tally);
    console.log(`${of} ${index} of seed ${seed}, ${tally.sent} answers: ${timesOf(tally.statuses)}`);
    return verdict([...tally.mistakes, ...repeated(gateway.output())]);
  } finally {
    sender.close();
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

function holdings(before: Holding, after: Holding): string {
  const mebibytes = (bytes: number): number => Math.round(bytes / 1024 / 1024);
  return (
    `memory ${mebibytes(before.memory)} MiB after the first ${WARM_UP}, then ${mebibytes(after.memory)} MiB; ` +
    `descriptors ${before.descriptors}, then ${after.descriptors}`
  );
}

function verdict(mistakes: readonly string[]): number {
  for (const mistake of mistakes) console.log(`- ${mistake}`);
  console.log(mistakes.length === 0 ? 'nothing found' : `${mistakes.length} found`);
  return mistakes.length === 0 ? 0 : 1;
}
