import { every } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';
import type { Archive } from '../archive.ts';
import { idOf } from '../ids/sortable-id.ts';

/** How often old entries are looked for, in milliseconds. */
const LOOK_MS = 60_000;
/** How many go in one step, and in one look. */
const STEP = 200;
const LOOK_MAX = 20_000;

/**
 * Lets go of entries that are older than they are to be kept.
 *
 * @param onFailed told that old entries stay, and why: once, until they go again.
 * @returns what ends it.
 */
export function keepFor(
  archive: Pick<Archive, 'trim'>,
  keepMs: number,
  time: Time,
  onFailed: (error: unknown) => void,
): () => void {
  let busy = false;
  let isTold = false;
  const look = (): void => {
    if (busy) return;
    busy = true;
    void trimOld(archive, time.wallNow() - keepMs)
      .then(() => (isTold = false))
      .catch((error: unknown) => {
        if (!isTold) onFailed(error);
        isTold = true;
      })
      .finally(() => (busy = false));
  };
  const end = every(time, LOOK_MS, look);
  return () => {
    isTold = true;
    end();
  };
}

/** Lets go of what is older than a time, a bounded number. Answers how many went. */
export async function trimOld(archive: Pick<Archive, 'trim'>, beforeMs: number): Promise<number> {
  let gone = 0;
  while (gone < LOOK_MAX) {
    const count = await archive.trim(idOf(beforeMs, 0), STEP);
    gone += count;
    if (count < STEP) break;
  }
  return gone;
}
