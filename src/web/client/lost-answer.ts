import { originOf } from './address.ts';
import type { Cancel, Platform } from './platform.ts';

const ANSWER_MS = 10000;

/** Answers in a row that a page may not read before it is told so: one may be lost as a gateway comes back. */
const UNREADABLE_MAX = 2;

/** Why the answers of a gateway on another origin do not arrive. */
export interface LostAnswers {
  /** One more was lost. */
  lost(): void;
  /** One arrived. */
  came(): void;
  stop(): void;
}

/**
 * A browser hides why an answer is lost. A gateway whose public files can be read, but whose answers cannot, does not know
 * the page's origin: `refused` is then called, once.
 */
export function watchLostAnswers(platform: Platform, gateway: string, refused: () => void): LostAnswers {
  let unreadable = 0;
  let cancel: Cancel = () => {};
  return {
    lost() {
      if (originOf(gateway) === platform.origin) return;
      cancel();
      const url = gateway + '/assets/client.css';
      cancel = platform.request({ method: 'GET', url, headers: {}, timeoutMs: ANSWER_MS }, (response) => {
        unreadable = response.status === 200 ? unreadable + 1 : 0;
        if (unreadable === UNREADABLE_MAX) refused();
      });
    },
    came() {
      unreadable = 0;
    },
    stop: () => cancel(),
  };
}
