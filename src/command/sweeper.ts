import type { EventStore, Head } from '../store/event-store.ts';
import type { Time } from '../time/time.ts';

/** Durations in milliseconds. */
export interface SweeperOptions {
  readonly store: EventStore;
  readonly expire: (head: Head) => Promise<Head>;
  readonly periodMs: number;
  readonly time: Time;
  /** 0 ≤ random < 1: spreads the nodes' looks. */
  readonly random: () => number;
  /** Told how many subjects one look expired. */
  readonly onSwept?: (count: number) => void;
}

/** One that sweeps until it is closed. */
export interface Sweeper {
  /** Kept once the look that is going on has ended. */
  close(): Promise<void>;
}

/** Most subjects that one look takes. */
const DUE_MAX = 200;

/**
 * Expires tickets that nobody waits for. Every node does so; the append lets one win. There is no leader, and nothing
 * is lost when a look fails: the index keeps what is due.
 */
export function openSweeper(options: SweeperOptions): Sweeper {
  const { periodMs, time, random } = options;
  let cancel = (): void => undefined;
  let closed = false;
  let looking: Promise<void> = Promise.resolve();

  const next = (): void => {
    cancel = time.after(periodMs * (0.75 + random() / 2), () => {
      looking = round();
    });
  };

  async function round(): Promise<void> {
    try {
      await look();
    } catch {
      // A store that is away keeps its index; the next look finds the same.
    }
    if (!closed) next();
  }

  async function look(): Promise<void> {
    for (;;) {
      const due = await options.store.due(DUE_MAX);
      if (due.length === 0 || closed) return;
      const { heads, now } = await options.store.read(due);
      const overdue = heads.filter(
        (head) => head !== null && !head.final && now >= (head.moments.at(-1)?.deadline ?? Infinity),
      );
      await Promise.all(overdue.map(async (head) => head && (await options.expire(head))));
      options.onSwept?.(overdue.length);
      if (due.length < DUE_MAX || overdue.length === 0) return;
    }
  }

  next();
  return {
    async close() {
      closed = true;
      cancel();
      await looking;
    },
  };
}
