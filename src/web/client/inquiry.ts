import { makeBackoff } from './backoff.ts';
import { parseNotice, type Notice } from './notice.ts';
import type { Cancel, Platform } from './platform.ts';
import { accessHeaders, retryAfterMs, type Access } from './transport.ts';

const ANSWER_MS = 10000;

/** What asking for a ticket learnt. `since` is the cursor that was known when it was asked for. */
export interface InquiryEvents {
  found(notice: Notice, since: string): void;
  /** No answer, or none that helps; it is tried again. */
  failed(status: number): void;
}

/** Asks for the ticket itself, again and again until there is an answer: the one thing that needs no transport. */
export interface Inquiry {
  /** Asks now; `then` follows the next good answer. Whoever asks meanwhile shares it. */
  ask(then?: () => void): void;
  /** Cuts a wait between two tries short. */
  hurry(): void;
  /** How many tries have failed so far. */
  failures(): number;
  stop(): void;
}

/** An inquiry that is idle. */
export function makeInquiry(
  platform: Platform,
  access: Access,
  cursor: () => string,
  events: InquiryEvents,
): Inquiry {
  const backoff = makeBackoff(() => platform.random());
  let waiting: (() => void)[] = [];
  let busy = false;
  let pausing = false;
  let failures = 0;
  let cancel: Cancel = () => {};

  function send(): void {
    pausing = false;
    const since = cursor();
    const headers = accessHeaders(access);
    const request = { method: 'GET', url: access.links.self, headers, timeoutMs: ANSWER_MS } as const;
    cancel = platform.request(request, (response) => {
      const notice = response.status === 200 ? parseNotice(response.body) : undefined;
      if (notice) {
        const after = waiting;
        waiting = [];
        busy = false;
        backoff.reset();
        events.found(notice, since);
        after.forEach((then) => then());
        return;
      }
      pausing = true;
      failures += 1;
      cancel = platform.clock.after(backoff.nextMs(retryAfterMs((name) => response.header(name))), send);
      events.failed(response.status);
    });
  }

  return {
    ask(then) {
      if (then) waiting.push(then);
      if (busy) return;
      busy = true;
      send();
    },
    hurry() {
      if (!pausing) return;
      cancel();
      backoff.reset();
      send();
    },
    failures: () => failures,
    stop() {
      waiting = [];
      busy = true;
      pausing = false;
      cancel();
    },
  };
}
