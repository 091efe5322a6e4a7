import { parseJson, type Notice } from './notice.ts';
import type { ResultKey } from './result-key.ts';

/** Hands notices on in their order, each with what was sealed in it. */
export interface Unsealing {
  take(notice: Notice): void;
}

/**
 * Opens what is sealed in notices. A notice that is still being opened as the next one comes is left out, as outdated ones
 * are.
 *
 * @param unreadable is told where something was not sealed to this key.
 */
export function unsealing(
  key: ResultKey | undefined,
  next: (notice: Notice) => void,
  unreadable: () => void,
): Unsealing {
  let newest = 0;
  return {
    take(notice) {
      newest += 1;
      const mine = newest;
      if (key === undefined || notice.sealed === undefined) {
        next(notice);
        return;
      }
      key.open(notice.sealed, (text) => {
        if (mine !== newest) return;
        const members = text === undefined ? undefined : parseJson(text);
        if (members) next({ ...notice, ...(members as Pick<Notice, 'scanner' | 'result'>) });
        else unreadable();
      });
    },
  };
}
