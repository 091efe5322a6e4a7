import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Subject } from '../../store/subject.ts';
import { markOf } from '../../telemetry/access-log.ts';
import { HeldLine, holdLine } from '../connections/held-line.ts';
import type { Told } from '../../watch/present.ts';
import type { SubjectWatch } from '../../watch/watch-subject.ts';
import type { Due } from '../../watch/wheel.ts';
import type { Admitted } from './admitted.ts';
import type { HeldConnection } from './held.ts';
import { isPassing, reasonOf } from './passing.ts';
import { farewellFrame, heartbeatFrame, noticeFrame, openingFrame } from './sse-frame.ts';
import { comeBackMs } from './transport.ts';
import type { Closing, EndReason, TransportShared, Unread } from './transport.ts';

/** The head of every stream. */
export const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};
const HEARTBEAT = heartbeatFrame();

/** How much later the piece behind a notice follows at least: two that are closer may be joined on their way. */
const BEHIND_MS = 50;

const REASONS: Readonly<Record<Closing, EndReason>> = {
  end: 'outcome_told',
  life: 'life_over',
  gone: 'client_went',
  slow: 'too_slow',
  refused: 'not_yours',
  drain: 'drain',
  elsewhere: 'elsewhere',
};

/** One stream. While it is open it is one entry in the wheel for its heartbeats and one in the hub for its watch. */
export class HeldStream<T> implements HeldConnection, Due {
  readonly transport = 'sse';
  readonly address: string | undefined;
  readonly subject: Subject;
  joined = false;
  readonly #shared: TransportShared;
  readonly #eventName: string;
  readonly #socket: Socket;
  readonly #onGone: () => void;
  #out: ServerResponse | HeldLine;
  #watch: SubjectWatch<T> | undefined;
  #phase: 'opening' | 'leaving' | 'open' | 'told' | 'ending' | 'closed' = 'opening';
  #endsAt = 0;
  #stalledSince: number | undefined;
  #flushed: (() => void) | undefined;

  constructor(shared: TransportShared, admitted: Admitted<T>, res: ServerResponse, socket: Socket) {
    this.#shared = shared;
    this.address = admitted.address;
    this.subject = admitted.subject;
    this.#eventName = admitted.eventName;
    this.#out = res;
    this.#socket = socket;
    this.#onGone = () => this.#close('gone');
    socket.on('close', this.#onGone);
  }

  get requestId(): string | undefined {
    return this.#out instanceof HeldLine ? this.#out.requestId : markOf(this.#out)?.id;
  }

  /** Releases it before it was opened. */
  refuse(reason: EndReason): void {
    this.release();
    this.#shared.events.ended(this, reason);
  }

  /** The first state; unless it opens the stream, nothing is left behind. */
  async firstState(
    watch: SubjectWatch<T>,
    admitted: Admitted<T>,
  ): Promise<Told<T> | 'unchanged' | 'ended' | 'absent' | 'leave' | 'closed'> {
    this.#watch = watch;
    try {
      const first = await watch.first((view) => admitted.admit(view));
      if (this.#phase === 'closed') return 'closed';
      if (this.#phase === 'leaving') {
        this.refuse('drain');
        return 'leave';
      }
      if (first === 'ended') this.refuse('cursor_is_the_end');
      if (first === 'absent') this.refuse('not_yours');
      return first;
    } catch (error) {
      if (this.#phase === 'closed') return 'closed';
      this.refuse(reasonOf(error));
      if (isPassing(error)) return 'leave';
      throw error;
    }
  }

  open(first: Told<T> | undefined, padding: boolean): void {
    const { settings, watch, now } = this.#shared;
    this.#phase = 'open';
    this.#shared.events.opened('sse');
    const opening = openingFrame(comeBackMs(this.#shared), padding);
    this.#writeFirst(
      this.#out as ServerResponse,
      opening + (first === undefined ? HEARTBEAT : this.#frame(first)),
    );
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
    if (this.#phase === 'ending') {
      this.#close('gone', 'too_slow');
      this.cut();
    }
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
    if (this.#stalledSince === undefined) this.#out.write(HEARTBEAT);
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
        if (told.end) this.#writeLast(this.#frame(told));
        else await this.#write(this.#frame(told));
      }
    } catch (error) {
      if (!isPassing(error)) this.#shared.events.defect(error);
      if (this.#phase === 'open') this.#end(farewellFrame(comeBackMs(this.#shared)), 'elsewhere');
    }
  }

  #frame(told: Told<T>): string {
    this.#shared.events.told('sse', told.delivery);
    return noticeFrame(this.#eventName, told.cursor, told.notice);
  }

  // The next notice is asked for only when this one has gone to the system: an outdated one never waits here.
  async #write(frame: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#flushed = resolve;
      this.#out.write(frame, () => resolve());
      this.#shared.watch.wheel.after(BEHIND_MS, this);
    });
    this.#flushed = undefined;
  }

  #isSlow(): boolean {
    const { settings, now } = this.#shared;
    const unread = this.#out.writableLength;
    if (unread === 0) this.#stalledSince = undefined;
    else this.#stalledSince ??= now();
    return (
      unread > settings.readerBytes ||
      (this.#stalledSince !== undefined && now() - this.#stalledSince >= settings.readerStallMs)
    );
  }

  // Node keeps a head in the pieces it was joined from, 2 KB, unless it is written by itself; corked, it is one packet.
  #writeFirst(res: ServerResponse, frame: string): void {
    this.#socket.cork();
    res.writeHead(200, STREAM_HEADERS);
    res.flushHeaders();
    this.#out = holdLine(res) ?? res;
    this.#out.write(frame);
    this.#socket.uncork();
  }

  // The end follows in a piece of its own: a filter that holds each piece until another comes must not hold the outcome.
  #writeLast(frame: string): void {
    this.#phase = 'told';
    this.#out.write(frame);
    this.#shared.watch.wheel.after(BEHIND_MS, this);
  }

  #end(frame: string, why: Closing): void {
    this.#phase = 'ending';
    this.#stalledSince ??= this.#shared.now();
    this.#watch?.close();
    this.#flushed?.();
    this.#shared.watch.wheel.after(this.#shared.settings.readerStallMs, this);
    this.#out.end(frame, () => {
      this.#close(why);
      if (this.#shared.held.closing && !(this.#out instanceof HeldLine)) this.#socket.destroySoon();
    });
  }

  #close(why: Closing, reason = REASONS[why]): void {
    const phase = this.#phase;
    if (phase === 'closed') return;
    const { events } = this.#shared;
    const unread = reason === 'too_slow' ? this.#unread() : undefined;
    this.release();
    if (phase === 'open' || phase === 'told' || phase === 'ending') events.closed('sse', why);
    events.ended(this, phase === 'told' ? 'outcome_told' : reason, unread);
  }

  #unread(): Unread {
    const { now } = this.#shared;
    return { bytes: this.#out.writableLength, ms: now() - (this.#stalledSince ?? now()) };
  }
}
