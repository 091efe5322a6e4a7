import type { Subject } from '../../store/subject.ts';
import type { Present, SubjectView } from '../../watch/present.ts';

/** A request that may wait for a subject: its secret bore a right MAC. What the subject's own head says is still open. */
export interface Admitted<T, V extends SubjectView = SubjectView> {
  readonly subject: Subject;
  readonly present: Present<T, V>;
  /** The name of the event on the wire. */
  readonly eventName: 'ticket' | 'session';
  /** `?after=` as it came, unchecked. */
  readonly after?: string | undefined;
  /** The client's address, for the bound per address; undefined where that bound does not apply. */
  readonly address?: string | undefined;
  /** Looks at what {@link present} has read, before anything is told. @throws ScangateError where the caller may not. */
  admit(view: V): void;
}
