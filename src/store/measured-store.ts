import type { EventStore } from './event-store.ts';
import type { Ledger } from './ledger.ts';

/** A call to one of the two ports, as the metrics name it. */
export const STORE_CALLS = ['append', 'read', 'history', 'rebuild', 'due', 'ledger'] as const;

export type StoreCall = (typeof STORE_CALLS)[number];

/** Told of every call: its name, how it ended, how long it took in seconds, and what it threw where it failed. */
export type OnCall = (call: StoreCall, outcome: string, seconds: number, error?: unknown) => void;

type Timed = <R>(call: StoreCall, work: Promise<R>, outcomeOf?: (result: R) => string) => Promise<R>;

function timing(now: () => number, onCall: OnCall): Timed {
  return async (call, work, outcomeOf = () => 'ok') => {
    const begun = now();
    try {
      const result = await work;
      onCall(call, outcomeOf(result), (now() - begun) / 1000);
      return result;
    } catch (error) {
      onCall(call, 'failed', (now() - begun) / 1000, error);
      throw error;
    }
  };
}

/** The same store, with each call timed. @param now a monotonic clock in milliseconds. */
export function measuredStore(store: EventStore, now: () => number, onCall: OnCall): EventStore {
  const timed = timing(now, onCall);
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

/** The same ledger, with each call timed. @param now a monotonic clock in milliseconds. */
export function measuredLedger(ledger: Ledger, now: () => number, onCall: OnCall): Ledger {
  const timed = timing(now, onCall);
  return {
    putIfAbsent: (...args) => timed('ledger', ledger.putIfAbsent(...args)),
    get: (key) => timed('ledger', ledger.get(key)),
    replaceIf: (...args) => timed('ledger', ledger.replaceIf(...args)),
    delete: (...args) => timed('ledger', ledger.delete(...args)),
    addMember: (...args) => timed('ledger', ledger.addMember(...args)),
    removeMember: (...args) => timed('ledger', ledger.removeMember(...args)),
    members: (...args) => timed('ledger', ledger.members(...args)),
    count: (...args) => timed('ledger', ledger.count(...args)),
    counted: (key) => timed('ledger', ledger.counted(key)),
  };
}
