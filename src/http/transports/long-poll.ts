import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { withStoreErrors } from '../../command/run.ts';
import type { Subject } from '../../store/subject.ts';
import type { Cursor } from '../../ticket/cursor.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { Told } from '../../watch/present.ts';
import { SubjectWatch } from '../../watch/watch-subject.ts';
import type { Due } from '../../watch/wheel.ts';
import type { Admitted } from './admitted.ts';
import { askedCursor } from './asked-cursor.ts';
import type { Bound, HeldConnection } from './held.ts';
import { comeBackMs } from './transport.ts';
import type { TransportShared } from './transport.ts';

const WAIT_MAX_S = 55;

/**
 * Answers with the first state newer than the cursor: 200 and a notice, or 204 and `Scangate-Cursor` when the wait is over
 * (RFC 6202 section 2). The promise is kept when the answer was written or the client left.
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
  const poll = new HeldPoll<T>(shared, admitted, req.socket);
  try {
    const bound = shared.held.closing
      ? undefined
      : (shared.held.take(poll) ?? shared.held.join(poll, admitted.subject));
    if (bound !== undefined) throw refusalOf(shared, bound);
    const once = shared.held.closing || req.method === 'HEAD';
    const answer = await withStoreErrors(() => poll.answer(after, once ? 0 : waitMs, admitted));
    if (answer === undefined) return;
    writeAnswer(shared, res, answer);
  } finally {
    poll.release();
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

function refusalOf(shared: TransportShared, bound: Bound): ScangateError {
  shared.events.refused('poll', bound);
  return new ScangateError('too_many_requests', { retryAfterMs: comeBackMs(shared) });
}

/** What a poll is answered with: a notice, or where its cursor stands. */
type PollAnswer = { readonly notice: unknown } | { readonly cursor: Cursor | undefined };

function writeAnswer(shared: TransportShared, res: ServerResponse, answer: PollAnswer): void {
  if (shared.held.closing) res.setHeader('Connection', 'close');
  res.setHeader('Cache-Control', 'no-store');
  if ('notice' in answer) {
    const body = JSON.stringify(answer.notice);
    res
      .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
      .end(body);
    return;
  }
  res.writeHead(204, answer.cursor === undefined ? {} : { 'Scangate-Cursor': answer.cursor }).end();
}

/** One poll while it waits. */
class HeldPoll<T> implements HeldConnection, Due {
  readonly transport = 'poll';
  readonly address: string | undefined;
  subject: Subject | undefined;
  readonly #shared: TransportShared;
  readonly #socket: Socket;
  readonly #onGone: () => void;
  #watch: SubjectWatch<T> | undefined;
  #gone = false;
  #over = false;

  constructor(shared: TransportShared, admitted: Admitted<T>, socket: Socket) {
    this.#shared = shared;
    this.address = admitted.address;
    this.#socket = socket;
    this.#onGone = () => {
      this.#gone = true;
      this.release();
    };
    socket.on('close', this.#onGone);
  }

  /** Undefined: the client left. */
  async answer(
    after: Cursor | undefined,
    waitMs: number,
    admitted: Admitted<T>,
  ): Promise<PollAnswer | undefined> {
    const watch = new SubjectWatch(this.#shared.watch, admitted.present, admitted.subject, after);
    this.#watch = watch;
    const first = await watch.first((head) => admitted.admit(head));
    if (this.#gone) return undefined;
    if (first === 'absent') throw new ScangateError('not_found');
    if (typeof first === 'object') return first;
    if (first === 'ended' || waitMs === 0 || this.#over) return { cursor: after };
    return await this.#wait(watch, waitMs, after);
  }

  due(): void {
    this.leave();
  }

  leave(): void {
    this.#over = true;
    this.#watch?.close();
  }

  cut(): void {
    this.#socket.destroy();
  }

  release(): void {
    this.#socket.removeListener('close', this.#onGone);
    this.#watch?.close();
    this.#shared.watch.wheel.cancel(this);
    this.#shared.held.release(this);
  }

  async #wait(
    watch: SubjectWatch<T>,
    waitMs: number,
    after: Cursor | undefined,
  ): Promise<PollAnswer | undefined> {
    const { events } = this.#shared;
    events.opened('poll');
    this.#shared.watch.wheel.after(waitMs, this);
    const told: IteratorResult<Told<T>, undefined> = await watch.next();
    const news = told.value;
    events.closed(
      'poll',
      this.#gone ? 'gone' : news !== undefined ? 'end' : this.#shared.held.closing ? 'drain' : 'life',
    );
    if (this.#gone) return undefined;
    return news ?? { cursor: after };
  }
}
