import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { withStoreErrors } from '../../command/run.ts';
import type { Subject } from '../../store/subject.ts';
import type { Cursor } from '../../ticket/cursor.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { Told } from '../../watch/present.ts';
import { SubjectWatch } from '../../watch/watch-subject.ts';
import type { First } from '../../watch/watch-subject.ts';
import type { Due } from '../../watch/wheel.ts';
import type { Admitted } from './admitted.ts';
import { askedCursor } from './asked-cursor.ts';
import { forgetRequest } from './forget-request.ts';
import type { Bound, HeldConnection } from './held.ts';
import { isPassing } from './passing.ts';
import { comeBackMs } from './transport.ts';
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
    const bound = shared.held.take(poll) ?? shared.held.join(poll, admitted.subject);
    if (bound !== undefined) throw poll.refuse(bound);
  }
  const watch = new SubjectWatch(shared.watch, admitted.present, admitted.subject, after);
  const first = await withStoreErrors(() => poll.begin(watch, admitted));
  if (first === 'gone') return;
  if (first === 'absent') throw new ScangateError('not_found');
  if (typeof first === 'object') poll.tell(first.notice);
  else if (first === 'ended' || once || after === undefined) poll.pass(after);
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

/** One poll while it waits. */
class HeldPoll<T> implements HeldConnection, Due {
  readonly transport = 'poll';
  readonly address: string | undefined;
  subject: Subject | undefined;
  readonly #shared: TransportShared;
  readonly #res: ServerResponse;
  readonly #socket: Socket;
  readonly #onGone: () => void;
  #watch: SubjectWatch<T> | undefined;
  #phase: 'opening' | 'leaving' | 'waiting' | 'gone' | 'answered' = 'opening';

  constructor(shared: TransportShared, admitted: Admitted<T>, res: ServerResponse, socket: Socket) {
    this.#shared = shared;
    this.address = admitted.address;
    this.#res = res;
    this.#socket = socket;
    this.#onGone = () => {
      this.#phase = 'gone';
      this.#release();
    };
    socket.on('close', this.#onGone);
  }

  /** Releases it. @returns what the edge answers. */
  refuse(bound: Bound): ScangateError {
    this.#release();
    this.#shared.events.refused('poll', bound);
    return new ScangateError('too_many_requests', { retryAfterMs: comeBackMs(this.#shared) });
  }

  /** The first reading. Where it throws, and where there is nothing, nothing is left behind. */
  async begin(watch: SubjectWatch<T>, admitted: Admitted<T>): Promise<First<T> | 'gone'> {
    this.#watch = watch;
    let first: First<T> = 'absent';
    try {
      first = await watch.first((head) => admitted.admit(head));
    } finally {
      if (first === 'absent') this.#release();
    }
    return this.#isGone() ? 'gone' : first;
  }

  /** Waits for the next state, and answers. It does not reject. */
  async wait(watch: SubjectWatch<T>, waitMs: number, after: Cursor): Promise<void> {
    const { events, held, watch: shared } = this.#shared;
    if (this.#phase === 'leaving') {
      this.pass(after);
      return;
    }
    this.#phase = 'waiting';
    events.opened('poll');
    shared.wheel.after(waitMs, this);
    let told: Told<T> | undefined;
    let elsewhere = false;
    try {
      told = (await watch.next()).value;
    } catch (error) {
      elsewhere = true;
      if (!isPassing(error)) events.defect(error);
    }
    if (this.#isGone()) {
      events.closed('poll', 'gone');
      return;
    }
    if (told !== undefined) this.tell(told.notice);
    else this.pass(after, elsewhere);
    events.closed(
      'poll',
      told !== undefined ? 'end' : elsewhere ? 'elsewhere' : held.closing ? 'drain' : 'life',
    );
  }

  tell(notice: T): void {
    this.#release();
    this.#shared.events.told('poll');
    const body = JSON.stringify(notice);
    this.#writeHead(200, false, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    });
    this.#res.end(body);
  }

  /** @param leaves the next poll had better find another node. */
  pass(cursor: Cursor | undefined, leaves = false): void {
    this.#release();
    this.#writeHead(204, leaves, cursor === undefined ? {} : { 'Scangate-Cursor': cursor });
    this.#res.end();
  }

  due(): void {
    this.leave();
  }

  leave(): void {
    if (this.#phase === 'opening') this.#phase = 'leaving';
    else this.#watch?.close();
  }

  cut(): void {
    this.#socket.destroy();
  }

  #isGone(): boolean {
    return this.#phase === 'gone';
  }

  #writeHead(status: number, leaves: boolean, headers: Record<string, string | number>): void {
    this.#res.setHeader('Cache-Control', 'no-store');
    if (leaves || this.#shared.held.closing) this.#res.setHeader('Connection', 'close');
    this.#res.writeHead(status, headers);
  }

  #release(): void {
    if (this.#phase !== 'gone') this.#phase = 'answered';
    this.#socket.removeListener('close', this.#onGone);
    this.#watch?.close();
    this.#shared.watch.wheel.cancel(this);
    this.#shared.held.release(this);
  }
}
