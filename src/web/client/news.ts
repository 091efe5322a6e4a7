import { makeCountdown } from './countdown.ts';
import { endsWatch, type Notice } from './notice.ts';
import type { Cancel, Platform } from './platform.ts';
import { makePosition } from './position.ts';

const SOONEST_MS = 500;

/** What is known of one ticket, and when it has to be asked for again. */
export interface News {
  notice(): Notice;
  cursor(): string;
  /** Milliseconds until the ticket expires, by the newest notice. */
  leftMs(): number;
  /** Takes a notice unless it is older than what is known, and says whether it was taken; see {@link makePosition}. */
  take(notice: Notice, since: string): boolean;
  stop(): void;
}

/**
 * The news of a ticket. Rotation is not pushed and a deadline may pass unheard.
 *
 * @param outdated - told when either is due, so that the ticket is asked for.
 */
export function makeNews(platform: Platform, first: Notice, outdated: () => void): News {
  const { clock } = platform;
  const position = makePosition(first);
  const countdown = makeCountdown(clock);
  let cancel: Cancel = () => {};

  function refreshLater(notice: Notice): void {
    const rotatesMs = notice.scan?.rotates_in_ms ?? notice.expires_in_ms;
    const dueMs = Math.max(SOONEST_MS, Math.min(rotatesMs, notice.expires_in_ms));
    cancel();
    cancel = clock.after(dueMs + platform.random() * 250, outdated);
  }

  return {
    notice: () => position.notice(),
    cursor: () => position.cursor(),
    leftMs: () => countdown.leftMs(),
    take(notice, since) {
      if (!position.take(notice, since)) return false;
      countdown.set(notice.expires_in_ms);
      if (!endsWatch(notice)) refreshLater(notice);
      return true;
    },
    stop: () => cancel(),
  };
}
