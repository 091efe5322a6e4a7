import type { IncomingMessage, ServerResponse } from 'node:http';
import { ScangateError } from '../../ticket/error.ts';
import { SubjectWatch } from '../../watch/watch-subject.ts';
import type { Admitted } from './admitted.ts';
import { askedCursor } from './asked-cursor.ts';
import { forgetRequest } from './forget-request.ts';
import { HeldStream, STREAM_HEADERS } from './held-stream.ts';
import { openingFrame } from './sse-frame.ts';
import { BOUND_REASONS, comeBackMs } from './transport.ts';
import type { TransportShared } from './transport.ts';

/**
 * Answers with an event stream (WHATWG HTML, section 9.2). The promise is kept once the answer has begun, not when it ends.
 *
 * @param options.padding begins with 2 KB of comment, for browsers that show nothing before.
 * @param options.lastEventId what stands in the query for readers that cannot send the header.
 * @throws ScangateError before any header is sent: `invalid_request` for a cursor that is none, `not_found`, and what
 *   `admit` throws. What passes (a store that is away, a bound, a node that goes) is a stream that says when to come back.
 */
export async function holdSse<T>(
  shared: TransportShared,
  admitted: Admitted<T>,
  req: IncomingMessage,
  res: ServerResponse,
  options: { readonly padding?: boolean; readonly lastEventId?: string | undefined } = {},
): Promise<void> {
  const after = askedCursor(req.headers['last-event-id'], admitted.after, options.lastEventId);
  const { socket } = req;
  if (socket.destroyed) return;
  if (req.method === 'HEAD') {
    res.writeHead(200, STREAM_HEADERS).end();
    return;
  }
  const padding = options.padding ?? false;
  const stream = new HeldStream<T>(shared, admitted, res, socket);
  const bound = shared.held.take(stream) ?? shared.held.join(stream);
  if (bound !== undefined) {
    stream.refuse(BOUND_REASONS[bound]);
    sendAway(shared, res, padding, bound);
    return;
  }
  const watch = new SubjectWatch(shared.watch, admitted.present, admitted.subject, after);
  const first = await stream.firstState(watch, admitted);
  if (first === 'closed') return;
  if (first === 'leave') sendAway(shared, res, padding, 'elsewhere');
  else if (first === 'absent') throw new ScangateError('not_found');
  else if (first === 'ended') res.writeHead(204, { 'Cache-Control': 'no-store' }).end();
  else {
    stream.open(first === 'unchanged' ? undefined : first, padding);
    forgetRequest(req);
  }
}

/** Answers an event stream that cannot be told anything at present: with when to come back, and the end. */
export function refuseSse(shared: TransportShared, res: ServerResponse): void {
  sendAway(shared, res, false, 'elsewhere');
}

function sendAway(shared: TransportShared, res: ServerResponse, padding: boolean, why: string): void {
  shared.events.refused('sse', why);
  if (shared.held.closing) res.setHeader('Connection', 'close');
  res.writeHead(200, STREAM_HEADERS).end(openingFrame(comeBackMs(shared), padding));
}
