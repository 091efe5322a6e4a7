import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Subject } from '../../store/subject.ts';
import type { Cursor } from '../../ticket/cursor.ts';
import { markOf } from '../../telemetry/access-log.ts';
import { HeldLine, holdLine } from '../connections/held-line.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { Told } from '../../watch/present.ts';
import type { First, SubjectWatch } from '../../watch/watch-subject.ts';
import type { Due } from '../../watch/wheel.ts';
import type { Admitted } from './admitted.ts';
import type { Bound, HeldConnection } from './held.ts';
import { isPassing, reasonOf } from './passing.ts';
import { BOUND_REASONS, comeBackMs } from './transport.ts';
import type { EndReason, TransportShared } from './transport.ts';

/** One poll while it waits. */
export class HeldPoll<T> implements HeldConnection, Due {
  readonly transport = 'poll';
  readonly address: string | undefined;
  readonly subject: Subject;
  joined = false;
  readonly #shared: TransportShared;
  readonly #socket: Socket;
  readonly #onGone: () => void;
  #out: ServerResponse | HeldLine;
  #watch: SubjectWatch<T> | undefined;
  #phase: 'opening' | 'leaving' | 'waiting' | 'gone' | 'answered' = 'opening';

  constructor(shared: TransportShared, admitted: Admitted<T>, res: ServerResponse, socket: Socket) {
    this.#shared = shared;
    this.address = admitted.address;
    this.subject = admitted.subject;
    this.#out = res;
    this.#socket = socket;
    this.#onGone = () => {
      this.#phase = 'gone';
      this.#end('client_went');
    };
    socket.on('close', this.#onGone);
  }

  get requestId(): string | undefined {
    return this.#out instanceof HeldLine ? this.#out.requestId : markOf(this.#out)?.id;
  }

  /** Releases it. @returns what the edge answers. */
  refuse(bound: Bound): ScangateError {
    this.#end(BOUND_REASONS[bound]);
    this.#shared.events.refused('poll', bound);
    return new ScangateError('too_many_requests', { retryAfterMs: comeBackMs(this.#shared) });
  }

  /** The first state. Where it throws, and where there is nothing, nothing is left behind. */
  async firstState(watch: SubjectWatch<T>, admitted: Admitted<T>): Promise<First<T> | 'gone'> {
    this.#watch = watch;
    try {
      const first = await watch.first((view) => admitted.admit(view));
      if (this.#isGone()) return 'gone';
      if (first === 'absent') this.#end('not_yours');
      return first;
    } catch (error) {
      if (!this.#isGone()) this.#end(reasonOf(error));
      throw error;
    }
  }

  /** Waits for the next state, and answers. It does not reject. */
  async wait(watch: SubjectWatch<T>, waitMs: number, after: Cursor): Promise<void> {
    const { events, held, watch: shared } = this.#shared;
    if (this.#phase === 'leaving') {
      this.pass(after, 'drain');
      return;
    }
    this.#phase = 'waiting';
    if (!(this.#out instanceof HeldLine)) this.#out = holdLine(this.#out) ?? this.#out;
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
    if (told !== undefined) this.answer(told);
    else this.pass(after, elsewhere ? 'elsewhere' : held.closing ? 'drain' : 'nothing_new');
    events.closed(
      'poll',
      told !== undefined ? 'end' : elsewhere ? 'elsewhere' : held.closing ? 'drain' : 'life',
    );
  }

  answer({ notice, end, delivery }: Told<T>): void {
    this.#end(end ? 'outcome_told' : 'state_told');
    this.#shared.events.told('poll', delivery);
    const body = JSON.stringify(notice);
    const length = Buffer.byteLength(body);
    this.#write(200, false, { 'Content-Type': 'application/json', 'Content-Length': length }, body);
  }

  /** Answers that there is nothing to tell. Elsewhere: the next poll had better find another node. */
  pass(cursor: Cursor | undefined, reason: EndReason): void {
    this.#end(reason);
    this.#write(204, reason === 'elsewhere', cursor === undefined ? {} : { 'Scangate-Cursor': cursor });
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

  #write(
    status: number,
    leaves: boolean,
    headers: Readonly<Record<string, string | number>>,
    body?: string,
  ): void {
    const res = this.#out instanceof HeldLine ? this.#out.respond() : this.#out;
    res.setHeader('Cache-Control', 'no-store');
    if (leaves || this.#shared.held.closing) {
      res.setHeader('Connection', 'close');
      res.removeHeader('Keep-Alive');
    }
    res.writeHead(status, headers).end(body);
  }

  #end(reason: EndReason): void {
    this.#release();
    this.#shared.events.ended(this, reason);
  }

  #release(): void {
    if (this.#phase !== 'gone') this.#phase = 'answered';
    this.#socket.removeListener('close', this.#onGone);
    this.#watch?.close();
    this.#shared.watch.wheel.cancel(this);
    this.#shared.held.release(this);
  }
}
