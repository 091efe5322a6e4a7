import { every } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';
import type { Archive } from '../archive.ts';
import { idOf } from '../ids/sortable-id.ts';

/** How often old entries are looked for, in milliseconds. */
const LOOK_MS = 60_000;
/** How many go in one step, and in one look. */
const STEP = 200;
const LOOK_MAX = 20_000;

/** Lets go of entries that are older than they are to be kept. @returns what ends it. */
export function keepFor(archive: Archive, keepMs: number, time: Time): () => void {
  let busy = false;
  const look = (): void => {
    if (busy) return;
    busy = true;
    void trimOld(archive, time.wallNow() - keepMs)
      .catch(() => undefined)
      .finally(() => (busy = false));
  };
  return every(time, LOOK_MS, look);
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
