import { setTimeout as sleep } from 'node:timers/promises';
import { draftOf, sendingOf } from './draft.ts';
import type { Exchanged, Sender, Sending } from './exchange.ts';
import { makeLive } from './live.ts';
import type { Live } from './live.ts';
import { malform } from './malformation.ts';
import { readOperations } from './operation.ts';
import type { Operation } from './operation.ts';
import { randomAt } from './seeds.ts';
import { count, MISTAKES_MAX } from './tally.ts';
import type { Tally } from './tally.ts';
import { described, mistakeOf } from './verdict.ts';

/** Requests to send: those of a seed with the numbers from `from` up to, not including, `to`. */
export interface Requests {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** So many requests are sent about the things of one sign-in, which they use up. */
const OF_ONE = 400;
const AT_A_TIME = 16;

/** Sends malformed requests that are made from `openapi.yaml`. @param told how many were sent, now and then */
export async function sendMalformed(
  url: string,
  sender: Sender,
  { seed, from, to }: Requests,
  tally: Tally,
  told: () => void = () => undefined,
): Promise<void> {
  const operations = readOften();
  // Nothing is sent while a sign-in is made: some of it signs the user out everywhere.
  for (let first = from; first < to && tally.mistakes.length < MISTAKES_MAX;) {
    const end = Math.min(to, first - (first % OF_ONE) + OF_ONE);
    const batch = first;
    const due = Array.from({ length: end - batch }, (_, at) => batch + at).values();
    first = end;
    const live = await makeLive(url);
    const work = async (): Promise<void> => {
      for (const index of due) await sendOne(sender, drawn(operations, live, seed, index), live, tally);
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    told();
  }
}

/** Sends one of them again: on its own, and where that is right, behind those it was sent with, one after the other. */
export async function sendMalformedAgain(
  url: string,
  sender: Sender,
  seed: number,
  index: number,
  tally: Tally,
): Promise<void> {
  const operations = readOften();
  for (const from of [index, index - (index % OF_ONE)]) {
    const live = await makeLive(url);
    for (let at = from; at <= index && tally.mistakes.length === 0; at += 1)
      await sendOne(sender, drawn(operations, live, seed, at), live, tally);
  }
}

/** All operations; what has a body can be wrong in more ways, and is drawn more often. */
function readOften(): readonly Operation[] {
  const all = readOperations();
  const bodies = all.filter(({ body }) => body !== undefined);
  return [...all, ...bodies, ...bodies];
}

interface Drawn {
  readonly index: number;
  readonly operation: Operation;
  readonly done: readonly string[];
  readonly sending: Sending;
}

function drawn(operations: readonly Operation[], live: Live, seed: number, index: number): Drawn {
  const random = randomAt(seed, 'request', index);
  const operation = random.pick(operations);
  const draft = draftOf(operation, live, random);
  const done = malform(draft, random, live);
  return { index, operation, done, sending: sendingOf(draft) };
}

async function sendOne(
  sender: Sender,
  { index, operation: { method, path }, done, sending }: Drawn,
  live: Live,
  tally: Tally,
): Promise<void> {
  const found = (what: string): void => {
    tally.mistakes.push(`request ${index}: ${what}`);
  };
  try {
    const answer = await sendUntilReady(sender, sending, (status) =>
      count(tally, status, { of: 'malformed', name: `${method} ${path}`, done }),
    );
    const mistake = mistakeOf(sending, answer, live.secrets);
    if (mistake !== undefined) found(mistake);
  } catch (error) {
    found(described(sending, String(error)));
  }
}

/** A busy machine is not ready now and then, which it may say: it must become so again. */
const READY_TRIES = 300;
const READY_AGAIN_MS = 1000;

async function sendUntilReady(
  sender: Sender,
  sending: Sending,
  counted: (status: number | undefined) => void,
): Promise<Exchanged> {
  for (let tries = 1; ; tries += 1) {
    const answer = await sender.send(sending);
    counted(answer?.status);
    if (answer?.status !== 503 || !sending.path.startsWith('/readyz') || tries === READY_TRIES) return answer;
    await sleep(READY_AGAIN_MS);
  }
}
