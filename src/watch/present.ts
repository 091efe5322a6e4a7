import type { Head } from '../store/event-store.ts';
import type { Subject } from '../store/subject.ts';
import type { Delivery } from '../telemetry/tracing/tracing.ts';
import type { Cursor } from '../ticket/cursor.ts';

/** One state of a subject, ready to be told. */
export interface Told<T> {
  readonly cursor: Cursor;
  readonly notice: T;
  /** Whether whoever was told this need not wait any longer. */
  readonly end: boolean;
  /** Who is to hear that it is written, where that is traced. */
  readonly delivery?: Delivery;
}

/** A subject as the store answered it, and the store's time of that answer in milliseconds since the epoch. */
export interface SubjectView {
  readonly head: Head;
  readonly now: number;
}

/**
 * Makes what may be told of a subject. `compose` hands one in for tickets and one for sessions; none per connection.
 *
 * What it loads is a view of its own kind, in which the head has been parsed, so that nothing parses it again. Who watches
 * any kind of subject gives the view back as it came.
 */
export interface Present<T, V extends SubjectView = SubjectView> {
  /** Reads the subject as it is now; one that is overdue is expired by this. Null: it is gone. Throws as the store does. */
  load(subject: Subject): Promise<V | null>;
  /** What a watcher is told of a view. @param reset whether the watcher's past was lost. */
  told(view: V, reset: boolean): Told<T>;
  /** What a watcher is told whose subject is gone: the end, with `reset`. */
  gone(subject: Subject): Told<T>;
  /** The cursors after which there is nothing to wait for: those of events that end a watch. */
  ends(view: V): readonly Cursor[];
  /** Milliseconds until the subject moves by itself, its deadline; undefined: never. */
  movesInMs(view: V): number | undefined;
}
