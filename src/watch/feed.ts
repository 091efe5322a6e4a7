import type { EventStore } from '../store/event-store.ts';
import type { Hub } from './hub.ts';

/** The one reader of the log's tail in this process: it wakes whoever waits here, and carries nothing else. */
export interface Feed {
  /** Kept once events from then on are sure to be seen. */
  readonly ready: Promise<void>;
  /** Ends the reading. */
  stop(): Promise<void>;
}

/** Starts the feed. @param onWake is told how many subjects each batch named; `all` is -1. */
export function startFeed(store: EventStore, hub: Hub, onWake?: (subjects: number) => void): Feed {
  const ending = new AbortController();
  let ready = (): void => undefined;
  const readiness = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const done = pump();

  async function pump(): Promise<void> {
    for await (const batch of store.feed({ signal: ending.signal, ready })) {
      if (batch.kind === 'all') {
        onWake?.(-1);
        hub.wakeAll();
      } else {
        onWake?.(batch.subjects.length);
        for (const subject of batch.subjects) hub.wake(subject);
      }
    }
  }

  return {
    ready: readiness,
    async stop() {
      ending.abort();
      await done;
    },
  };
}
