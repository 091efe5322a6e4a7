import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Subject } from '../../store/subject.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { Told } from '../../watch/present.ts';
import { SubjectWatch } from '../../watch/watch-subject.ts';
import type { Due } from '../../watch/wheel.ts';
import type { Admitted } from './admitted.ts';
import { askedCursor } from './asked-cursor.ts';
import { forgetRequest } from './forget-request.ts';
import type { HeldConnection } from './held.ts';
import { farewellFrame, heartbeatFrame, noticeFrame, openingFrame } from './sse-frame.ts';
import { isPassing } from './passing.ts';
import { comeBackMs } from './transport.ts';
import type { Closing, TransportShared } from './transport.ts';

const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};
const HEARTBEAT = heartbeatFrame();

/** How much later the piece behind a notice follows at least: two that are closer may be joined on their way. */
const BEHIND_MS = 50;

/**
 * Answers with an event stream (WHATWG HTML, section 9.2). The promise is kept once the answer has begun, not when it ends.
 *
 * @param options.padding begins with 2 KB of comment, for browsers that show nothing before.
 * @throws ScangateError before any header is sent: `invalid_request` for a cursor that is none, `not_found`, and what
 *   `admit` throws. What passes (a store that is away, a bound, a node that goes) is a stream that says when to come back.
 */
export async function holdSse<T>(
  shared: TransportShared,
  admitted: Admitted<T>,
  req: IncomingMessage,
  res: ServerResponse,
  options: { readonly padding?: boolean } = {},
): Promise<void> {
  const after = askedCursor(req.headers['last-event-id'], admitted.after);
  const { socket } = req;
  if (socket.destroyed) return;
  if (req.method === 'HEAD') {
    res.writeHead(200, HEADERS).end();
    return;
  }
  const padding = options.padding ?? false;
  const stream = new SseStream<T>(shared, admitted, res, socket);
  const bound = shared.held.take(stream) ?? shared.held.join(stream, admitted.subject);
  if (bound !== undefined) {
    stream.release();
    sendAway(shared, res, padding, bound);
    return;
  }
  const watch = new SubjectWatch(shared.watch, admitted.present, admitted.subject, after);
  const first = await stream.begin(watch, admitted);
  if (first === 'closed') return;
  if (first === 'leave') sendAway(shared, res, padding, 'elsewhere');
  else if (first === 'absent') throw new ScangateError('not_found');
  else if (first === 'ended') res.writeHead(204, { 'Cache-Control': 'no-store' }).end();
  else {
    stream.open(first === 'unchanged' ? undefined : first, padding);
    forgetRequest(req);
  }
}

function sendAway(shared: TransportShared, res: ServerResponse, padding: boolean, why: string): void {
  shared.events.refused('sse', why);
  if (shared.held.closing) res.setHeader('Connection', 'close');
  res.writeHead(200, HEADERS).end(openingFrame(comeBackMs(shared), padding));
}

/** One stream. While it is open it is one entry in the wheel for its heartbeats and one in the hub for its watch. */
class SseStream<T> implements HeldConnection, Due {
  readonly transport = 'sse';
  readonly address: string | undefined;
  subject: Subject | undefined;
  readonly #shared: TransportShared;
  readonly #eventName: string;
  readonly #res: ServerResponse;
  readonly #socket: Socket;
  readonly #onGone: () => void;
  #watch: SubjectWatch<T> | undefined;
  #phase: 'opening' | 'leaving' | 'open' | 'told' | 'ending' | 'closed' = 'opening';
  #endsAt = 0;
  #stalledSince: number | undefined;
  #flushed: (() => void) | undefined;

  constructor(shared: TransportShared, admitted: Admitted<T>, res: ServerResponse, socket: Socket) {
    this.#shared = shared;
    this.address = admitted.address;
    this.#eventName = admitted.eventName;
    this.#res = res;
    this.#socket = socket;
    this.#onGone = () => this.#close('gone');
    socket.on('close', this.#onGone);
  }

  /** The first reading; unless it opens the stream, nothing is left behind. */
  async begin(
    watch: SubjectWatch<T>,
    admitted: Admitted<T>,
  ): Promise<Told<T> | 'unchanged' | 'ended' | 'absent' | 'leave' | 'closed'> {
    this.#watch = watch;
    try {
      const first = await watch.first((view) => admitted.admit(view));
      if (this.#phase === 'closed') return 'closed';
      if (this.#phase === 'leaving') {
        this.release();
        return 'leave';
      }
      if (first === 'ended' || first === 'absent') this.release();
      return first;
    } catch (error) {
      const gone = this.#phase === 'closed';
      this.release();
      if (gone) return 'closed';
      if (isPassing(error)) return 'leave';
      throw error;
    }
  }

  open(first: Told<T> | undefined, padding: boolean): void {
    const { settings, watch, now } = this.#shared;
    this.#phase = 'open';
    this.#shared.events.opened('sse');
    const opening = openingFrame(comeBackMs(this.#shared), padding);
    this.#begin(opening + (first === undefined ? HEARTBEAT : this.#frame(first)));
    if (first?.end === true) {
      this.#phase = 'told';
      watch.wheel.after(BEHIND_MS, this);
      return;
    }
    this.#endsAt =
      now() + settings.sseLifeMinMs + watch.random() * (settings.sseLifeMaxMs - settings.sseLifeMinMs);
    watch.wheel.after(BEHIND_MS, this);
    void this.#pump();
  }

  leave(): void {
    if (this.#phase === 'opening') {
      this.#phase = 'leaving';
      this.#watch?.close();
    } else if (this.#phase === 'open') {
      this.#end(farewellFrame(comeBackMs(this.#shared)), 'drain');
    }
  }

  cut(): void {
    this.#socket.destroy();
  }

  due(): void {
    const { now, settings, watch } = this.#shared;
    if (this.#phase === 'ending') this.cut();
    if (this.#phase === 'told') this.#end('', 'end');
    if (this.#phase !== 'open') return;
    if (now() >= this.#endsAt) {
      this.#end(farewellFrame(comeBackMs(this.#shared)), 'life');
      return;
    }
    if (this.#isSlow()) {
      this.#close('slow');
      this.cut();
      return;
    }
    if (this.#stalledSince === undefined) this.#res.write(HEARTBEAT);
    const beat = settings.sseHeartbeatMs * (0.7 + 0.2 * watch.random());
    watch.wheel.after(Math.min(beat, this.#endsAt - now()), this);
  }

  /** Counts it out and takes it from everywhere. The response stays as it is. */
  release(): void {
    this.#phase = 'closed';
    this.#socket.removeListener('close', this.#onGone);
    this.#watch?.close();
    this.#shared.watch.wheel.cancel(this);
    this.#shared.held.release(this);
    this.#flushed?.();
  }

  async #pump(): Promise<void> {
    try {
      if (this.#watch === undefined) return;
      for await (const told of this.#watch) {
        if (this.#phase !== 'open') return;
        if (told.end) this.#tellLast(this.#frame(told));
        else await this.#write(this.#frame(told));
      }
    } catch (error) {
      if (!isPassing(error)) this.#shared.events.defect(error);
      if (this.#phase === 'open') this.#end(farewellFrame(comeBackMs(this.#shared)), 'elsewhere');
    }
  }

  #frame(told: Told<T>): string {
    this.#shared.events.told('sse');
    return noticeFrame(this.#eventName, told.cursor, told.notice);
  }

  // The next notice is asked for only when this one has gone to the system: an outdated one never waits here.
  async #write(frame: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#flushed = resolve;
      this.#res.write(frame, () => resolve());
      this.#shared.watch.wheel.after(BEHIND_MS, this);
    });
    this.#flushed = undefined;
  }

  #isSlow(): boolean {
    const { settings, now } = this.#shared;
    const unread = this.#res.writableLength;
    if (unread === 0) this.#stalledSince = undefined;
    else this.#stalledSince ??= now();
    return (
      unread > settings.readerBytes ||
      (this.#stalledSince !== undefined && now() - this.#stalledSince >= settings.readerStallMs)
    );
  }

  // Node keeps a head in the pieces it was joined from, 2 KB, unless it is written by itself; corked, it is one packet.
  #begin(frame: string): void {
    this.#socket.cork();
    this.#res.writeHead(200, HEADERS);
    this.#res.flushHeaders();
    this.#res.write(frame);
    this.#socket.uncork();
  }

  // The end follows in a piece of its own: a filter that holds each piece until another comes must not hold the outcome.
  #tellLast(frame: string): void {
    this.#phase = 'told';
    this.#res.write(frame);
    this.#shared.watch.wheel.after(BEHIND_MS, this);
  }

  #end(frame: string, why: Closing): void {
    this.#phase = 'ending';
    this.#watch?.close();
    this.#flushed?.();
    this.#shared.watch.wheel.after(this.#shared.settings.readerStallMs, this);
    this.#res.end(frame, () => {
      this.#close(why);
      if (this.#shared.held.closing) this.#socket.destroySoon();
    });
  }

  #close(why: Closing): void {
    if (this.#phase === 'closed') return;
    const opened = ['open', 'told', 'ending'].includes(this.#phase);
    this.release();
    if (opened) this.#shared.events.closed('sse', why);
  }
}
