import type { Subject } from '../../store/subject.ts';
import type { Binding } from '../../ticket/events.ts';
import type { Admitted } from './admitted.ts';

/** An upgrade request as the edge read it. */
export interface SocketAsked<T> {
  /** `?after=` as it came, unchecked. */
  readonly after?: string | undefined;
  /** The client's address, for the bound per address; undefined where that bound does not apply. */
  readonly address?: string | undefined;
  /** What the path names. */
  readonly subject: Subject;
  /** The id of its log lines; undefined where none is kept. */
  readonly requestId?: string | undefined;
  readonly caller: SocketCaller<T>;
}

/** How a socket's caller proves who it is: by its request, undefined where that failed; or by its first message. */
export type SocketCaller<T> =
  | { readonly by: Binding; readonly admitted: Admitted<T> | undefined }
  | { readonly by: 'message'; readonly admit: AdmitBearer<T> };

/** Checks a secret from a first message for this very subject; undefined where it is not the right one. */
export type AdmitBearer<T> = (bearer: string) => Admitted<T> | undefined | Promise<Admitted<T> | undefined>;
