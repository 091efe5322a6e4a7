import { OutwardRefusal } from '../outward/outward.ts';
import type { CallOutward } from '../outward/outward.ts';
import type { Receiver } from './receiver.ts';
import { signedHeaders } from './signature.ts';

/** What came of one try. Only `delivered` ends a message's wait; `ended`: the try was cut off from here, and counts as none. */
export type TryOutcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly cause: TryCause; readonly why: string };

/** `refused`: its address may not be asked; `answer`: it is there, and answers neither in time nor 2xx, or too much. */
export type TryCause = 'refused' | 'timeout' | 'network' | 'answer';

/** Makes one try. It never throws. */
export type CallReceiver = (
  receiver: Receiver,
  message: { readonly id: string; readonly body: string },
  signal: AbortSignal,
) => Promise<TryOutcome>;

/** The most that is read of an answer, in bytes: nothing in it counts but its status. */
const ANSWER_BYTES = 64 * 1024;

/**
 * Makes the one who calls receivers. Nothing but a 2xx within the bound is an acknowledgement; a redirect is none, and is not followed.
 *
 * @param now the wall clock, in milliseconds.
 */
export function receiverCall(call: CallOutward, now: () => number): CallReceiver {
  return async (receiver, { id, body }, signal) => {
    try {
      const { status } = await call(receiver.url, {
        method: 'POST',
        headers: signedHeaders(receiver.keys, id, body, now()),
        body,
        bytesMax: ANSWER_BYTES,
        signal,
        named: receiver.isPrivate,
        publicOnly: !receiver.isPrivate,
        keep: true,
      });
      if (status >= 200 && status < 300) return { kind: 'delivered' };
      return { kind: 'failed', cause: 'answer', why: `it answered ${status}` };
    } catch (error) {
      return signal.aborted ? { kind: 'ended' } : failureOf(error);
    }
  };
}

function failureOf(error: unknown): TryOutcome {
  if (error instanceof OutwardRefusal) return { kind: 'failed', cause: 'refused', why: error.message };
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return { kind: 'failed', cause: 'timeout', why: 'it did not answer in time' };
  const { code, message } = error as NodeJS.ErrnoException;
  const isAnswer = code === undefined || code.startsWith('HPE_');
  return { kind: 'failed', cause: isAnswer ? 'answer' : 'network', why: code ?? message };
}
