import type { Random } from '../support/random.ts';
import type { Exchanged, Sender, Sending } from './exchange.ts';
import { count } from './requests.ts';
import type { Tally } from './requests.ts';
import { beginSignIn, bodyOf, look, stepsOf } from './sign-in.ts';
import type { SignIn, Step } from './sign-in.ts';
import { described, mistakeOf } from './verdict.ts';
import { WRONG_THINGS } from './wrong-thing.ts';

const AT_A_TIME = 8;
const MISTAKES_MAX = 30;
const TOLD_EVERY = 200;

/**
 * Plays sign-ins: right up to a point, then one thing that is wrong, then right to the end. What is wrong must be refused, as
 * `openapi.yaml` has it, and the rest must go on as if nothing had been.
 */
export async function playSequences(
  sender: Sender,
  sequences: number,
  random: Random,
  tally: Tally,
  told: () => void = () => undefined,
): Promise<void> {
  let left = sequences;
  const work = async (own: Random): Promise<void> => {
    while (left > 0 && tally.mistakes.length < MISTAKES_MAX) {
      left -= 1;
      if (left % TOLD_EVERY === 0) told();
      try {
        await playOne(sender, own, tally, left);
      } catch (error) {
        tally.mistakes.push(String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, () => work(random.fork())));
}

async function playOne(sender: Sender, random: Random, tally: Tally, turn: number): Promise<void> {
  const client = random.pick(['app', 'asking'] as const);
  const begin = (phone: string): Promise<SignIn> =>
    beginSignIn(sender, client, random.pick(['cookie', 'bearer'] as const), phone);
  const [mine, other] = await Promise.all([begin('alice'), begin('bob')]);
  const steps = stepsOf(client);
  const wrongAt = random.between(0, steps.length);
  const ask = async (sending: Sending): Promise<Exchanged> => {
    const answer = await sender.send(sending);
    count(tally, answer?.status);
    const mistake = mistakeOf(sending, answer, [mine.secret, mine.handshake, mine.code].filter(isText));
    if (mistake !== undefined) tally.mistakes.push(mistake);
    return answer;
  };
  const take = async (step: Step, signIn: SignIn, after: string): Promise<void> => {
    const sending = step.send(signIn);
    const answer = await ask(sending);
    if (!step.right.includes(answer?.status ?? 0))
      throw new Error(described(sending, `${step.name} ${after}: ${answer?.status} ${answer?.text}`));
    if (step.learn !== undefined && answer?.status !== 204) step.learn(signIn, bodyOf(answer) as never);
  };

  if (random.chance(0.5)) for (const step of steps.slice(0, 2)) await take(step, other, 'of another');
  for (const step of steps.slice(0, wrongAt)) await take(step, mine, 'at first');
  const name = await playWrong(mine, other, random, turn, ask);
  const rest = steps.slice(wrongAt);
  if (mine.tokens === undefined) await take(look, mine, `after ${name}`);
  for (const step of rest) await take(step, mine, `after ${name}`);
}

const isText = (text: string | undefined): text is string => text !== undefined;

async function playWrong(
  mine: SignIn,
  other: SignIn,
  random: Random,
  turn: number,
  ask: (sending: Sending) => Promise<Exchanged>,
): Promise<string> {
  // In turns, so that a sample plays each.
  const first = turn % WRONG_THINGS.length;
  for (const { name, send } of [...WRONG_THINGS.slice(first), ...WRONG_THINGS.slice(0, first)]) {
    const sending = send(mine, other, random);
    if (sending === undefined) continue;
    const answer = await ask(sending);
    if ((answer?.status ?? 0) < 400)
      throw new Error(described(sending, `${name} is not refused: ${answer?.status} ${answer?.text}`));
    return name;
  }
  return 'nothing';
}
