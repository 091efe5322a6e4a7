import type { EventStore } from '../store/event-store.ts';
import type { Subject } from '../store/subject.ts';
import type { Tracing } from '../telemetry/tracing/tracing.ts';
import { sleep } from '../time/time.ts';
import type { Time } from '../time/time.ts';
import type { Hub } from './hub.ts';

/** The one reader of the log's tail in this process: it wakes whoever waits here, and carries nothing else. */
export interface Feed {
  /** Kept once events from then on are sure to be seen. */
  readonly ready: Promise<void>;
  /** Ends the reading. */
  close(): Promise<void>;
}

/** What a feed reports. */
export interface FeedEvents {
  /** How many subjects a batch named; `all` is -1. */
  woke?(subjects: number): void;
  /** The reading ended by itself, which no store should do. It is taken up again. */
  broke?(error: unknown): void;
  /** Traces what is read for those who wait here; undefined: nothing is traced. */
  readonly tracing?: Pick<Tracing, 'read'> | undefined;
}

/** When anything may have moved, this many subjects are woken at once, and then a pause: each wakes a read. */
const SLICE = 500;
const PAUSE_MS = 10;
const AGAIN_MS = 1000;

/** Opens the feed: it reads until it is closed. */
export function openFeed(store: EventStore, hub: Hub, time: Time, events: FeedEvents = {}): Feed {
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
      if (woken % SLICE === 0) await sleep(time, PAUSE_MS);
      if (turn !== alls || signal.aborted) return;
    }
  }

  async function pump(onReady: () => void): Promise<void> {
    for await (const batch of store.feed({ signal, ready: onReady })) {
      if (batch.kind === 'all') {
        events.woke?.(-1);
        void wakeAll();
      } else {
        events.woke?.(batch.subjects.length);
        for (const subject of batch.subjects) wake(hub, subject, batch.traces?.get(subject), events.tracing);
      }
    }
  }

  async function run(): Promise<void> {
    let onReady = ready;
    while (!signal.aborted) {
      try {
        await pump(onReady);
        if (!signal.aborted) events.broke?.(new Error('the feed ended'));
      } catch (error) {
        if (!signal.aborted) events.broke?.(error);
      }
      if (signal.aborted) return;
      await sleep(time, AGAIN_MS, signal);
      onReady = () => {
        ready();
        void wakeAll();
      };
    }
  }

  const done = run();
  return {
    ready: readiness,
    async close() {
      ending.abort();
      await done;
    },
  };
}

function wake(
  hub: Hub,
  subject: Subject,
  traceparent: string | undefined,
  tracing: FeedEvents['tracing'],
): void {
  if (tracing === undefined || traceparent === undefined || !hub.has(subject)) {
    hub.wake(subject);
    return;
  }
  const entry = tracing.read(traceparent);
  hub.wake(subject, entry.traceparent);
  entry.end();
}
