import { setTimeout as sleep } from 'node:timers/promises';
import { expectStatus } from '../support/call.ts';
import { cancel, confirm, mint, readScanCode, scan } from '../support/signin.ts';
import type { Minted, Notice, Scanned } from '../support/signin.ts';
import type { Ground, Stage } from './scenario.ts';

/** A ticket that a scenario plays itself, before its phone has decided. */
export interface ScannedTicket {
  readonly ticket: Minted;
  readonly scanned: Scanned;
  /** Whose phone it is. */
  readonly user: string;
}

const AT_ONCE = 5;
const AGAIN_MS = 300;
const TRIES = 5;

/** Mints so many tickets at one gateway and scans them there. What was answered goes into the chronicle. */
export async function scanTickets(
  { chronicle, gateways, signIns }: Stage<Ground>,
  count: number,
  gateway: 0 | 1 = 0,
): Promise<readonly ScannedTicket[]> {
  const { url } = gateways[gateway];
  const made: ScannedTicket[] = [];
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < count) {
      const user = `decider-${(begun += 1)}`;
      const ticket = await mint(url, { redirectUri: signIns.redirectUri });
      const { ticketId, notice } = ticket;
      const scanned = await scanPatiently(url, notice, user);
      chronicle.acknowledge({ ticketId, status: 'pending', by: 'browser', gateway, cursor: notice.cursor });
      chronicle.acknowledge({ ticketId, status: 'scanned', by: `the phone of ${user}`, gateway, user });
      signIns.tickets.push(ticket);
      made.push({ ticket, scanned, user });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return made;
}

/** A busy machine may take its time until replicas say that they have it. */
async function scanPatiently(url: string, notice: Notice, user: string): Promise<Scanned> {
  for (let left = TRIES; ; left -= 1) {
    const answer = await scan(url, readScanCode(notice), user);
    if (answer.status !== 503 || left === 0) return expectStatus(answer, 201, 200);
    await sleep(AGAIN_MS);
  }
}

/** The phone confirms once. Answers the HTTP status, 0 where no answer came. */
export async function confirmAt(
  { chronicle, gateways }: Stage<Ground>,
  gateway: 0 | 1,
  { ticket: { ticketId }, scanned, user }: ScannedTicket,
): Promise<number> {
  const answer = await confirm(gateways[gateway].url, scanned, user).catch(() => undefined);
  if (answer?.status === 200)
    chronicle.acknowledge({ ticketId, status: 'confirmed', by: `the phone of ${user}`, gateway });
  return answer?.status ?? 0;
}

/** The browser cancels once. Answers the HTTP status, 0 where no answer came. */
export async function cancelAt(
  { chronicle, gateways }: Stage<Ground>,
  gateway: 0 | 1,
  { ticket }: ScannedTicket,
): Promise<number> {
  const answer = await cancel(ticket, gateways[gateway].url).catch(() => undefined);
  if (answer?.status === 204)
    chronicle.acknowledge({ ticketId: ticket.ticketId, status: 'cancelled', by: 'browser', gateway });
  return answer?.status ?? 0;
}

/** Repeats one of them until it is answered by another status than 503, or this many milliseconds have passed. */
export async function repeated(
  stage: Stage<Ground>,
  ask: () => Promise<number>,
  withinMs: number,
): Promise<number> {
  const end = performance.now() + withinMs;
  for (;;) {
    const status = await ask();
    if ((status !== 503 && status !== 0) || performance.now() > end) return status;
    await stage.sleep(AGAIN_MS);
  }
}
