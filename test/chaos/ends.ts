import { setTimeout as sleep } from 'node:timers/promises';
import { look } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import type { EndState } from './verdict.ts';

/** How long a gateway may answer nothing but outages before each further ticket is asked for once. */
const AWAY_MS = 10_000;
/** How often a ticket is asked for, at most, and the pause between two times. */
const LOOKS_MAX = 20;
const AGAIN_MS = 250;
const WORKERS = 4;

/** What a gateway says of each ticket. One that it cannot answer now is asked for again, as long as it answers others. */
export async function lookAtAll(
  tickets: readonly Minted[],
  { url }: { readonly url: string },
  index: number,
): Promise<EndState[]> {
  const left = [...tickets];
  const ends: EndState[] = [];
  let answeredAt = performance.now();
  const lookAt = async (ticket: Minted): Promise<EndState> => {
    for (let looks = 1; ; looks += 1) {
      const answer = await look(ticket, url).catch(() => undefined);
      const isAnswered = answer !== undefined && answer.status < 500;
      if (isAnswered) answeredAt = performance.now();
      if (isAnswered || looks === LOOKS_MAX || performance.now() - answeredAt > AWAY_MS) {
        const { cursor, status } = answer?.status === 200 ? answer.body : {};
        return {
          ticketId: ticket.ticketId,
          gateway: index,
          answer: answer?.status ?? 0,
          ...(cursor !== undefined && { cursor }),
          ...(status !== undefined && { status }),
        };
      }
      await sleep(AGAIN_MS);
    }
  };
  const worker = async (): Promise<void> => {
    for (let ticket = left.pop(); ticket !== undefined; ticket = left.pop()) ends.push(await lookAt(ticket));
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  return ends;
}

/** Judges again and again, until nothing is left that time may mend, or too little of it was mended for too long. */
export async function judgedInTime<T>(
  judge: () => Promise<{ readonly judged: T; readonly open: number }>,
  { boundMs, everyMs }: { readonly boundMs: number; readonly everyMs: number },
): Promise<T> {
  let fewest = Number.POSITIVE_INFINITY;
  let end = 0;
  for (;;) {
    const { judged, open } = await judge();
    if (open === 0) return judged;
    // What a pass over thousands of tickets takes is no time that they were given.
    const now = performance.now();
    if (open < fewest) {
      fewest = open;
      end = now + boundMs;
    } else if (now > end) return judged;
    await sleep(everyMs);
  }
}
