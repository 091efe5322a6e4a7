import type { Head } from '../store/event-store.ts';
import type { Subject } from '../store/subject.ts';
import type { Cursor } from '../ticket/cursor.ts';

/** One state of a subject, ready to be told. */
export interface Told<T> {
  readonly cursor: Cursor;
  readonly notice: T;
  /** Whether whoever was told this need not wait any longer. */
  readonly end: boolean;
}

/** A subject as it was read: its head, and the store's time of that answer in milliseconds. */
export interface Reading {
  readonly head: Head;
  readonly now: number;
}

/** Makes what may be told of a subject. `compose` hands one in for tickets and one for sessions; none per connection. */
export interface Present<T> {
  /** Reads the subject as it is now; one that is overdue is expired by this. Null: it is gone. Throws as the store does. */
  load(subject: Subject): Promise<Reading | null>;
  tell(reading: Reading, reset: boolean): Told<T>;
  /** What a watcher is told whose subject is gone: the end, with `reset`. */
  gone(subject: Subject): Told<T>;
  /** The cursors after which there is nothing to wait for: those of events that end a watch. */
  ends(head: Head): readonly Cursor[];
  /** Milliseconds until the subject moves by itself, its deadline; undefined: never. */
  movesInMs(reading: Reading): number | undefined;
}
