import type { Random } from '../support/random.ts';
import { draftOf, sendingOf } from './draft.ts';
import type { Sender } from './exchange.ts';
import { makeLive } from './live.ts';
import { malform } from './malformation.ts';
import { readOperations } from './operation.ts';
import { described, mistakeOf } from './verdict.ts';

export interface Tally {
  sent: number;
  /** Statuses that came back, and how often; `held` where nothing did, as it may. */
  readonly statuses: Map<string, number>;
  readonly mistakes: string[];
}

export const newTally = (): Tally => ({ sent: 0, statuses: new Map(), mistakes: [] });

export function count(tally: Tally, status: number | undefined): void {
  const name = status === undefined ? 'held' : String(status);
  tally.sent += 1;
  tally.statuses.set(name, (tally.statuses.get(name) ?? 0) + 1);
}

/** So many requests are sent about the things of one sign-in, which they use up. */
const OF_ONE = 400;
const AT_A_TIME = 8;
/** More of them say nothing new. */
const MISTAKES_MAX = 30;

/** Sends malformed requests that are made from `openapi.yaml`. @param told how many were sent, now and then */
export async function sendMalformed(
  url: string,
  sender: Sender,
  requests: number,
  random: Random,
  tally: Tally,
  told: () => void = () => undefined,
): Promise<void> {
  const all = readOperations();
  // What has a body can be wrong in more ways.
  const bodies = all.filter(({ body }) => body !== undefined);
  const operations = [...all, ...bodies, ...bodies];
  for (let left = requests; left > 0 && tally.mistakes.length < MISTAKES_MAX; left -= OF_ONE) {
    const live = await makeLive(url);
    let due = Math.min(left, OF_ONE);
    const work = async (own: Random): Promise<void> => {
      while (due > 0) {
        due -= 1;
        const draft = draftOf(own.pick(operations), live, own);
        malform(draft, own, live);
        const sending = sendingOf(draft);
        try {
          const answer = await sender.send(sending);
          count(tally, answer?.status);
          const mistake = mistakeOf(sending, answer, live.secrets);
          if (mistake !== undefined) tally.mistakes.push(mistake);
        } catch (error) {
          tally.mistakes.push(described(sending, String(error)));
        }
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, () => work(random.fork())));
    told();
  }
}
