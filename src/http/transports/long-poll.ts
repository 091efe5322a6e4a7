import type { IncomingMessage, ServerResponse } from 'node:http';
import { withStoreErrors } from '../../store/store-errors.ts';
import { ScangateError } from '../../ticket/error.ts';
import { SubjectWatch } from '../../watch/watch-subject.ts';
import type { Admitted } from './admitted.ts';
import { askedCursor } from './asked-cursor.ts';
import { forgetRequest } from './forget-request.ts';
import { HeldPoll } from './held-poll.ts';
import type { TransportShared } from './transport.ts';

const WAIT_MAX_S = 55;

/**
 * Answers with the first state newer than the cursor: 200 and a notice, or 204 and `Scangate-Cursor` when the wait is over
 * (RFC 6202 section 2). The promise is kept once it is answered or waits; whoever waits gets a 200 or a 204.
 *
 * @param options.wait `?wait=` as it came: whole seconds, 0 to 55.
 * @throws ScangateError before any header is sent: `invalid_request`, `not_found`, what `admit` throws, `too_many_requests`
 *   at a bound, and what the store throws at the first reading.
 */
export async function holdPoll<T>(
  shared: TransportShared,
  admitted: Admitted<T>,
  req: IncomingMessage,
  res: ServerResponse,
  options: { readonly wait?: string | undefined } = {},
): Promise<void> {
  const after = askedCursor(undefined, admitted.after);
  const waitMs = askedWaitMs(shared, options.wait);
  if (req.socket.destroyed) return;
  const poll = new HeldPoll<T>(shared, admitted, res, req.socket);
  // A node that goes answers once more, at once; it counts nobody in.
  const once = waitMs === 0 || shared.held.closing || req.method === 'HEAD';
  if (!shared.held.closing) {
    const bound = shared.held.take(poll) ?? shared.held.join(poll);
    if (bound !== undefined) throw poll.refuse(bound);
  }
  const watch = new SubjectWatch(shared.watch, admitted.present, admitted.subject, after);
  const first = await withStoreErrors(() => poll.firstState(watch, admitted));
  if (first === 'gone') return;
  if (first === 'absent') throw new ScangateError('not_found');
  if (typeof first === 'object') poll.answer(first);
  else if (first === 'ended') poll.pass(after, 'cursor_is_the_end');
  else if (once || after === undefined) poll.pass(after, shared.held.closing ? 'drain' : 'nothing_new');
  else {
    void poll.wait(watch, waitMs, after);
    forgetRequest(req);
  }
}

/** Milliseconds to wait, jitter included. @throws ScangateError `invalid_request`. */
function askedWaitMs(shared: TransportShared, wait: string | undefined): number {
  const { pollWaitMs, pollJitterMs } = shared.settings;
  const jitterMs = shared.watch.random() * pollJitterMs;
  if (wait === undefined) return pollWaitMs === 0 ? 0 : pollWaitMs + jitterMs;
  if (!/^[0-9]{1,2}$/.test(wait) || Number(wait) > WAIT_MAX_S) {
    throw new ScangateError('invalid_request', {
      field: 'wait',
      message: `wait is a whole number of seconds, 0 to ${WAIT_MAX_S}.`,
    });
  }
  return Number(wait) === 0 ? 0 : Number(wait) * 1000 + jitterMs;
}
