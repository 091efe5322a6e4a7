import type { Ledger } from '../../store/ledger.ts';
import { sleep } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';
import { QUEUE, QUEUE_MAX } from './logout-queue.ts';

/** How many notes of ended sessions the queue of logouts takes without losing another. */
export interface LogoutRoom {
  /** Waits for room for one more note. @returns whether there is room. @throws StoreUnavailable */
  take(): Promise<boolean>;
}

/** What others may note meanwhile. */
const OTHERS_MAX = 500;
/** With less room than this a wait goes on: each look reads the whole queue. */
const ROOM_MIN = 500;
const LOOK_EVERY_MS = 500;
/** How long the queue may not shrink: then nobody takes from it. */
const STALL_MAX_MS = 30_000;
/** How long is waited in all. */
const WAIT_MAX_MS = 900_000;

/**
 * Holds back whoever ends very many sessions, until gateways have taken what was noted before. Where nobody takes it, or all of
 * it takes too long, there is no room from then on, and no wait.
 *
 * @param onWait told before each pause.
 */
export function logoutRoom(ledger: Pick<Ledger, 'members'>, time: Time, onWait: () => void): LogoutRoom {
  let left = 0;
  let waitedMs = 0;
  let isOver = false;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    let least = Infinity;
    for (let stalledMs = 0; ; stalledMs += LOOK_EVERY_MS) {
      const { length } = await ledger.members(QUEUE, QUEUE_MAX);
      left = QUEUE_MAX - OTHERS_MAX - length;
      if (left >= ROOM_MIN) return;
      if (length < least) stalledMs = 0;
      least = Math.min(least, length);
      isOver = stalledMs >= STALL_MAX_MS || waitedMs >= WAIT_MAX_MS;
      if (isOver) return;
      onWait();
      await sleep(time, LOOK_EVERY_MS);
      waitedMs += LOOK_EVERY_MS;
    }
  }

  return {
    async take() {
      while (left <= 0 && !isOver) {
        looking ??= look().finally(() => (looking = undefined));
        await looking;
      }
      left -= 1;
      return left >= 0;
    },
  };
}
