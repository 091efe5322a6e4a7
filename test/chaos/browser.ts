import type { Minted, Notice, TicketStatus } from '../support/signin.ts';
import { endsWatch } from '../support/signin.ts';
import { watch } from '../support/watching.ts';
import type { TransportName } from '../support/watching.ts';
import type { Chronicle } from './chronicle.ts';

/** A browser that watches its ticket over one transport, coming back as often as it must. */
export interface Browser {
  /** Waits until it was told this status, or one that ends the watch; undefined when neither came in time. */
  told(status: TicketStatus, withinMs: number): Promise<Notice | undefined>;
  /** Ends with the notice that ended the watch; undefined where none came in time. */
  outcome(withinMs: number): Promise<Notice | undefined>;
  stop(): void;
}

const RECONNECT_MS = 300;
const WATCH_LIMIT_MS = 300_000;
/** What a connection ends with where there is no such ticket: a status, the socket's refusal, its own code. */
const GONE = /\b(404|4401)\b/;

/** Opens it; what it is told goes into the chronicle. */
export function openBrowser(
  chronicle: Chronicle,
  ticket: Minted,
  transport: TransportName,
  bases: readonly string[],
): Browser {
  const observation = chronicle.observe(ticket.ticketId, `a browser by ${transport}`);
  const waiting = new Set<() => void>();
  const notices: Notice[] = [];
  const wake = (): void => {
    for (const look of waiting) look();
  };
  const watching = watch(transport, ticket, {
    bases,
    withinMs: WATCH_LIMIT_MS,
    reconnectMs: RECONNECT_MS,
    waitS: 20,
    onNotice: (notice) => {
      const { cursor, status, reset } = notice;
      observation.told.push({ cursor, status, reset, atMs: Date.now() });
      notices.push(notice);
      wake();
    },
    onEnding: (ending) => {
      const sinceS = ((Date.now() - observation.startedMs) / 1000).toFixed(1);
      observation.endings.push(`${ending} after ${sinceS} s`);
      if (!GONE.test(ending)) return;
      observation.gone = true;
      watching.stop();
      wake();
    },
  });

  const wait = (wanted: (notice: Notice) => boolean, withinMs: number): Promise<Notice | undefined> =>
    new Promise((resolve) => {
      const settle = (found: Notice | undefined): void => {
        clearTimeout(timer);
        waiting.delete(look);
        resolve(found);
      };
      const look = (): void => {
        const found = notices.find((notice) => wanted(notice) || endsWatch(notice.status));
        if (found !== undefined || observation.gone) settle(found);
      };
      const timer = setTimeout(() => settle(undefined), Math.max(0, withinMs));
      waiting.add(look);
      look();
    });
  return {
    told: (status, withinMs) => wait((notice) => notice.status === status, withinMs),
    outcome: (withinMs) => wait(() => false, withinMs),
    stop: () => watching.stop(),
  };
}
