import type { WebSocket } from 'ws';
import type { Subject } from '../../store/subject.ts';
import type { Cursor } from '../../ticket/cursor.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { Told } from '../../watch/present.ts';
import { SubjectWatch } from '../../watch/watch-subject.ts';
import type { Due } from '../../watch/wheel.ts';
import type { Admitted } from './admitted.ts';
import type { Bound, HeldConnection } from './held.ts';
import type { AdmitMessage, FirstMessage, SocketAsked } from './socket-caller.ts';
import { CLOSE, firstMessageOf } from './socket-message.ts';
import { isPassing } from './passing.ts';
import { BOUND_REASONS, comeBackMs } from './transport.ts';
import type { Closing, EndReason, TransportShared, Unread } from './transport.ts';

const MESSAGES_MAX = 16;

/** What else is known of a socket as it is closed. */
interface Parting {
  readonly unread?: Unread;
  /** The nonce that its caller's proof lacked. */
  readonly nonce?: string | undefined;
}

/** One socket that waits. */
export class HeldSocket<T> implements HeldConnection, Due {
  readonly transport = 'socket';
  readonly address: string | undefined;
  readonly subject: Subject;
  readonly requestId: string | undefined;
  joined = false;
  readonly #shared: TransportShared;
  readonly #socket: WebSocket;
  readonly #after: Cursor | undefined;
  #admit: AdmitMessage<T> | undefined;
  #watch: SubjectWatch<T> | undefined;
  #phase: 'opening' | 'open' | 'closing' | 'closed' = 'opening';
  #messages = 0;
  #pinged = false;

  constructor(
    shared: TransportShared,
    socket: WebSocket,
    asked: Pick<SocketAsked<T>, 'subject' | 'address' | 'requestId'>,
    after: Cursor | undefined,
  ) {
    this.#shared = shared;
    this.#socket = socket;
    this.subject = asked.subject;
    this.address = asked.address;
    this.requestId = asked.requestId;
    this.#after = after;
    socket.on('message', (data, isBinary) => this.#hear(data as Buffer, isBinary));
    socket.on('pong', () => this.#answered());
    socket.on('close', () => this.#end('gone', 'client_went'));
    socket.on('error', () => this.#end('refused', 'broken_frame'));
    const bound = shared.held.take(this);
    if (bound !== undefined) this.#refuse(bound);
  }

  /** Waits for the first message, and for no other. */
  expectSecret(admit: AdmitMessage<T>): void {
    if (this.#phase !== 'opening') return;
    this.#admit = admit;
    this.#shared.watch.wheel.after(this.#shared.settings.secretWaitMs, this);
  }

  /** Lets it wait for what it was admitted to; undefined, `away`: for nothing, and it is told so. */
  letWait(admitted: Admitted<T> | 'away' | undefined): void {
    if (this.#phase !== 'opening') return;
    if (admitted === 'away') this.#tryLater();
    else if (admitted === undefined) this.#close(CLOSE.notYours, 'refused', 'not_yours');
    else void this.#open(admitted);
  }

  leave(): void {
    this.#close(CLOSE.restart, 'drain', 'drain');
  }

  cut(): void {
    this.#socket.terminate();
  }

  due(): void {
    const { settings, watch } = this.#shared;
    if (this.#phase === 'opening') this.#close(CLOSE.tooSlow, 'slow', 'no_first_message');
    if (this.#phase !== 'open') return;
    const unread = this.#socket.bufferedAmount;
    if (this.#pinged || unread > settings.readerBytes) {
      const ms = this.#pinged ? settings.pongMs : 0;
      const reason = this.#pinged ? 'no_pong' : 'too_slow';
      this.#close(CLOSE.tooSlow, 'slow', reason, { unread: { bytes: unread, ms } });
      return;
    }
    this.#pinged = true;
    this.#messages = 0;
    this.#socket.ping();
    watch.wheel.after(settings.pongMs, this);
  }

  async #open(admitted: Admitted<T>): Promise<void> {
    const { held, watch: shared } = this.#shared;
    const bound = held.join(this);
    if (bound !== undefined) {
      this.#refuse(bound);
      return;
    }
    const watch = new SubjectWatch(shared, admitted.present, admitted.subject, this.#after);
    this.#watch = watch;
    try {
      const first = await watch.first((view) => admitted.admit(view));
      if (this.#phase !== 'opening') return;
      if (first === 'absent') this.#close(CLOSE.notYours, 'refused', 'not_yours');
      else if (first === 'ended') this.#close(CLOSE.over, 'end', 'cursor_is_the_end');
      else {
        this.#phase = 'open';
        this.#shared.events.opened('socket');
        this.#pingLater();
        void this.#pump(watch, first === 'unchanged' ? undefined : first);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #pump(watch: SubjectWatch<T>, first: Told<T> | undefined): Promise<void> {
    try {
      if (first !== undefined) await this.#send(first);
      for await (const told of watch) {
        if (this.#phase !== 'open') return;
        await this.#send(told);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  // The next notice is asked for only when this one has gone to the system: an outdated one never waits here.
  async #send(told: Told<T>): Promise<void> {
    const text = JSON.stringify(told.notice);
    this.#shared.events.told('socket', told.delivery);
    if (told.end) {
      this.#socket.send(text);
      this.#close(CLOSE.over, 'end', 'outcome_told');
      return;
    }
    await new Promise<void>((resolve) => {
      this.#socket.send(text, () => resolve());
    });
  }

  #hear(data: Buffer, isBinary: boolean): void {
    if (this.#phase !== 'opening' && this.#phase !== 'open') return;
    this.#messages += 1;
    if (isBinary || this.#messages > MESSAGES_MAX) {
      this.#close(CLOSE.badRequest, 'refused', 'bad_message');
      return;
    }
    const admit = this.#admit;
    if (admit === undefined) return;
    this.#admit = undefined;
    const message = firstMessageOf(data.toString('utf8'));
    if (message === undefined) this.#close(CLOSE.badRequest, 'refused', 'bad_first_message');
    else void this.#check(admit, message);
  }

  async #check(admit: AdmitMessage<T>, message: FirstMessage): Promise<void> {
    try {
      const admitted = await admit(message);
      if (this.#phase !== 'opening') return;
      this.#shared.watch.wheel.cancel(this);
      this.letWait(admitted);
    } catch (error) {
      this.#fail(error);
    }
  }

  #answered(): void {
    if (this.#phase !== 'open' || !this.#pinged) return;
    this.#pinged = false;
    this.#pingLater();
  }

  #pingLater(): void {
    const { settings, watch } = this.#shared;
    watch.wheel.after(settings.pingMs * (0.8 + 0.2 * watch.random()), this);
  }

  #fail(error: unknown): void {
    if (error instanceof ScangateError && !isPassing(error)) {
      this.#close(CLOSE.notYours, 'refused', 'not_yours', { nonce: error.detail.nonce });
      return;
    }
    if (!isPassing(error)) this.#shared.events.defect(error);
    this.#tryLater();
  }

  #tryLater(): void {
    if (this.#phase === 'opening') this.#shared.events.refused('socket', 'elsewhere');
    this.#close(CLOSE.tryLater, 'elsewhere', 'elsewhere');
  }

  #refuse(bound: Bound): void {
    this.#shared.events.refused('socket', bound);
    const code = bound === 'draining' ? CLOSE.restart : CLOSE.tooMany;
    this.#close(code, 'elsewhere', BOUND_REASONS[bound]);
  }

  #close(code: number, why: Closing, reason: EndReason, more: Parting = {}): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return;
    this.#socket.close(code, this.#lastWords(code, more));
    this.#settle('closing', why, reason, more.unread);
  }

  #lastWords(code: number, { nonce }: Parting): string {
    if (nonce !== undefined) return JSON.stringify({ dpop_nonce: nonce });
    const comesBack = code === CLOSE.restart || code === CLOSE.tryLater || code === CLOSE.tooMany;
    return comesBack ? JSON.stringify({ retry_after_ms: comeBackMs(this.#shared) }) : '';
  }

  #end(why: Closing, reason: EndReason): void {
    if (this.#phase === 'closed') return;
    this.#settle('closed', why, reason);
    this.#shared.held.release(this);
  }

  #settle(phase: 'closing' | 'closed', why: Closing, reason: EndReason, unread?: Unread): void {
    const { events } = this.#shared;
    if (this.#phase === 'open') events.closed('socket', why);
    if (this.#phase !== 'closing') events.ended(this, reason, unread);
    this.#phase = phase;
    this.#admit = undefined;
    this.#watch?.close();
    this.#shared.watch.wheel.cancel(this);
  }
}
