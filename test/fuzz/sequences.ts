import type { Random } from '../support/random.ts';
import type { Exchanged, Sender, Sending } from './exchange.ts';
import type { Requests } from './requests.ts';
import { randomAt } from './seeds.ts';
import { beginSignIn, bodyOf, look, scanStep, stepsOf } from './sign-in.ts';
import type { SignIn, Step } from './sign-in.ts';
import { count, MISTAKES_MAX } from './tally.ts';
import type { Tally } from './tally.ts';
import { described, mistakeOf } from './verdict.ts';
import { WRONG_THINGS } from './wrong-thing.ts';
import type { WrongThing } from './wrong-thing.ts';

const AT_A_TIME = 16;
const TOLD_EVERY = 50;
const SCANS_MAX = 10;

/**
 * Plays sign-ins: right up to a point, then one thing that is wrong, then right to the end. What is wrong must be refused, as
 * `openapi.yaml` has it, and the rest must go on as if nothing had been.
 */
export async function playSequences(
  sender: Sender,
  { seed, from, to }: Requests,
  tally: Tally,
  told: () => void = () => undefined,
): Promise<void> {
  let next = from;
  const work = async (): Promise<void> => {
    while (next < to && tally.mistakes.length < MISTAKES_MAX) {
      const index = next;
      next += 1;
      if (index % TOLD_EVERY === 0) told();
      try {
        await playOne(sender, randomAt(seed, 'sequence', index), tally, index);
        tally.played += 1;
      } catch (error) {
        tally.mistakes.push(`sequence ${index}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
}

async function playOne(sender: Sender, random: Random, tally: Tally, turn: number): Promise<void> {
  const client = random.pick(['app', 'asking'] as const);
  const begin = (phone: string): Promise<SignIn> =>
    beginSignIn(sender, client, random.pick(['cookie', 'bearer'] as const), phone);
  const [mine, other] = await Promise.all([begin('alice'), begin('bob')]);
  const steps = stepsOf(client);
  // In turns, so that a sample plays each.
  const first = turn % WRONG_THINGS.length;
  const things = [...WRONG_THINGS.slice(first), ...WRONG_THINGS.slice(0, first)];
  const latest = steps.findIndex(({ name }) => name === things[0]!.before);
  const wrongAt = random.between(0, latest === -1 ? steps.length : latest);
  const ask = async (sending: Sending, wrong?: string): Promise<Exchanged> => {
    const answer = await sender.send(sending);
    count(tally, answer?.status, wrong === undefined ? undefined : { of: 'wrong', name: wrong });
    const mistake = mistakeOf(sending, answer, [mine.secret, mine.handshake, mine.code].filter(isText));
    if (mistake !== undefined) tally.mistakes.push(`sequence ${turn}: ${mistake}`);
    return answer;
  };
  const take = async (step: Step, signIn: SignIn, after: string): Promise<void> => {
    let sending = step.send(signIn);
    let answer = await ask(sending);
    // On a busy machine the browser shows another code before the phone has come: it scans that one.
    const tries = step === scanStep ? SCANS_MAX : 1;
    for (let count = 1; answer?.status === 410 && count < tries; count += 1) {
      await take(look, signIn, after);
      sending = step.send(signIn);
      answer = await ask(sending);
    }
    if (!step.right.includes(answer?.status ?? 0))
      throw new Error(described(sending, `${step.name} ${after}: ${answer?.status} ${answer?.text}`));
    if (step.learn !== undefined && answer?.status !== 204) step.learn(signIn, bodyOf(answer) as never);
  };

  if (random.chance(0.5)) for (const step of steps.slice(0, 2)) await take(step, other, 'of another');
  let after = 'at first';
  for (let at = 0; at <= steps.length; at += 1) {
    if (after === 'at first' && at >= wrongAt) {
      // Where the first makes no sense at any point from here on, another does at the end.
      const wrong = wrongOf(at === steps.length ? things : things.slice(0, 1), mine, other, random);
      if (wrong !== undefined) {
        await refused(wrong, ask);
        after = `after ${wrong.name}`;
        if (mine.tokens === undefined) await take(look, mine, after);
      }
    }
    if (at < steps.length) await take(steps[at]!, mine, after);
  }
  if (after === 'at first') throw new Error('nothing was wrong in it');
}

const isText = (text: string | undefined): text is string => text !== undefined;

interface Wrong {
  readonly name: string;
  readonly sending: Sending;
}

/** The first of these that makes sense at this point. */
function wrongOf(
  things: readonly WrongThing[],
  mine: SignIn,
  other: SignIn,
  random: Random,
): Wrong | undefined {
  for (const { name, send } of things) {
    const sending = send(mine, other, random);
    if (sending !== undefined) return { name, sending };
  }
  return undefined;
}

/** @throws Error where it is not refused */
async function refused(
  { name, sending }: Wrong,
  ask: (sending: Sending, wrong: string) => Promise<Exchanged>,
): Promise<void> {
  const answer = await ask(sending, name);
  if ((answer?.status ?? 0) < 400)
    throw new Error(described(sending, `${name} is not refused: ${answer?.status} ${answer?.text}`));
}
