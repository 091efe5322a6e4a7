import type { Head } from '../../store/event-store.ts';
import type { Subject } from '../../store/subject.ts';
import type { Present } from '../../watch/present.ts';

/** A request that may wait for a subject: its secret bore a right MAC. What the subject's own head says is still open. */
export interface Admitted<T> {
  readonly subject: Subject;
  readonly present: Present<T>;
  /** The name of the event on the wire. */
  readonly eventName: 'ticket' | 'session';
  /** `?after=` as it came, unchecked. */
  readonly after?: string | undefined;
  /** The client's address, for the bound per address; undefined where that bound does not apply. */
  readonly address?: string | undefined;
  /** Looks at the subject's head as it was read, before anything is told. @throws ScangateError where the caller may not. */
  admit(head: Head): void;
}
