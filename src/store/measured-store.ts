import type { EventStore } from './event-store.ts';

/** Told of every call: its name, how it ended, and how long it took in seconds. */
export type OnCall = (
  call: 'append' | 'read' | 'history' | 'rebuild' | 'due',
  outcome: string,
  seconds: number,
) => void;

/** The same store, with each call timed. @param now a monotonic clock in milliseconds. */
export function measuredStore(store: EventStore, now: () => number, onCall: OnCall): EventStore {
  async function timed<R>(
    call: Parameters<OnCall>[0],
    work: Promise<R>,
    outcomeOf: (result: R) => string = () => 'ok',
  ): Promise<R> {
    const begun = now();
    try {
      const result = await work;
      onCall(call, outcomeOf(result), (now() - begun) / 1000);
      return result;
    } catch (error) {
      onCall(call, 'failed', (now() - begun) / 1000);
      throw error;
    }
  }

  return {
    append: (batch) => timed('append', store.append(batch), ({ outcome }) => outcome),
    read: (subjects) => timed('read', store.read(subjects)),
    history: (subject) => timed('history', store.history(subject)),
    rebuild: (subject) => timed('rebuild', store.rebuild(subject)),
    due: (limit) => timed('due', store.due(limit)),
    feed: (options) => store.feed(options),
    health: () => store.health(),
    close: () => store.close(),
  };
}
