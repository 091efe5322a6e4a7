import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStore } from '../store/event-store.ts';
import type { Hub } from './hub.ts';

/** The one reader of the log's tail in this process: it wakes whoever waits here, and carries nothing else. */
export interface Feed {
  /** Kept once events from then on are sure to be seen. */
  readonly ready: Promise<void>;
  /** Ends the reading. */
  stop(): Promise<void>;
}

/** What a feed reports. */
export interface FeedEvents {
  /** How many subjects a batch named; `all` is -1. */
  woke?(subjects: number): void;
  /** The reading ended by itself, which no store should do. It is begun again. */
  broke?(error: unknown): void;
}

/** When anything may have moved, this many subjects are woken at once, and then a pause: each wakes a read. */
const SLICE = 500;
const PAUSE_MS = 10;
const AGAIN_MS = 1000;

/** Starts the feed. */
export function startFeed(store: EventStore, hub: Hub, events: FeedEvents = {}): Feed {
  const ending = new AbortController();
  const { signal } = ending;
  let ready = (): void => undefined;
  const readiness = new Promise<void>((resolve) => {
    ready = resolve;
  });
  let alls = 0;

  async function wakeAll(): Promise<void> {
    alls += 1;
    const turn = alls;
    let woken = 0;
    for (const subject of Array.from(hub.subjects())) {
      hub.wake(subject);
      woken += 1;
      if (woken % SLICE === 0) await sleep(PAUSE_MS);
      if (turn !== alls || signal.aborted) return;
    }
  }

  async function pump(begun: () => void): Promise<void> {
    for await (const batch of store.feed({ signal, ready: begun })) {
      if (batch.kind === 'all') {
        events.woke?.(-1);
        void wakeAll();
      } else {
        events.woke?.(batch.subjects.length);
        for (const subject of batch.subjects) hub.wake(subject);
      }
    }
  }

  async function run(): Promise<void> {
    let begun = ready;
    while (!signal.aborted) {
      try {
        await pump(begun);
        if (!signal.aborted) events.broke?.(new Error('the feed ended'));
      } catch (error) {
        if (!signal.aborted) events.broke?.(error);
      }
      if (signal.aborted) return;
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
      begun = () => {
        ready();
        void wakeAll();
      };
    }
  }

  const done = run();
  return {
    ready: readiness,
    async stop() {
      ending.abort();
      await done;
    },
  };
}
