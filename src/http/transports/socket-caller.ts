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

/**
 * How a socket's caller proves who it is: by its request, undefined where that failed, `away` where it could not be looked at
 * just now; or by its first message.
 */
export type SocketCaller<T> =
  | { readonly by: Binding; readonly admitted: Admitted<T> | 'away' | undefined }
  | { readonly by: 'message'; readonly admit: AdmitMessage<T> };

/** What a socket's first message says, where its request says nothing. */
export interface FirstMessage {
  readonly bearer: string;
  /** A proof of the key that the bearer is bound to (RFC 9449). */
  readonly dpop?: string | undefined;
}

/** Checks a first message for this very subject; undefined where its secret is not the right one. */
export type AdmitMessage<T> = (
  message: FirstMessage,
) => Admitted<T> | undefined | Promise<Admitted<T> | undefined>;
