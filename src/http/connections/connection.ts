import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { markOf } from '../../telemetry/access-log.ts';
import type { Due, Wheel } from '../../watch/wheel.ts';

/**
 * What a connection is about.
 *
 * - `handshake`: its TLS handshake is not over.
 * - `new`: it has not brought a whole head yet, perhaps nothing at all.
 * - `busy`: a request of it is being answered, or waits in a watch; then it may be lent, and who holds the watch ends it.
 * - `idle`: its last answer was taken, and no other head has come.
 * - `upgraded`: it has left HTTP; once it is handed over, the WebSocket that took it ends it.
 * - `ending`: we have said all, and wait for the client to close too.
 */
export type ConnectionState = (typeof CONNECTION_STATES)[number];

/** All of them. */
export const CONNECTION_STATES = ['handshake', 'new', 'busy', 'idle', 'upgraded', 'ending'] as const;

/** How long a connection may stay in a state before it is destroyed. Milliseconds. */
export interface ConnectionTimes {
  /** A TLS handshake. */
  readonly handshakeMs: number;
  /** A head. Node answers a 408 at this time; what is still there {@link SLACK_MS} later is destroyed. */
  readonly headerMs: number;
  /** A whole request. Its answer may take {@link ANSWER_MS} longer; a held one takes as long as its holder says. */
  readonly requestMs: number;
  readonly keepAliveMs: number;
  /** An answer that nobody reads, and once more as long until that is noticed. */
  readonly stallMs: number;
  /** Until the client has closed a connection that was ended. */
  readonly lingerMs: number;
}

const SLACK_MS = 2000;
const ANSWER_MS = 60_000;

/** A connection is kept for so much longer than was said, as Node does since 24: a request may be on its way. */
const KEPT_LONGER_MS = 1000;

/** The slowest reader of a large answer that is waited for after {@link ANSWER_MS}, in bytes a millisecond. */
const READ_RATE = 4;

/** Told of what becomes of a connection. */
export interface ConnectionOwner {
  moved(connection: Connection, from: ConnectionState, to: ConnectionState): void;
  /** It is destroyed because its time was up, or another needs its place. */
  cut(connection: Connection): void;
  /** Its socket is to be read by Node's HTTP again. */
  returned(connection: Connection): void;
}

/** One TCP connection, from its acceptance until it is destroyed: it is always in the wheel, or handed over or lent. */
export class Connection implements Due {
  /** What the bound per address counts; undefined where it does not apply. */
  readonly address: string | undefined;
  readonly #times: ConnectionTimes;
  readonly #wheel: Wheel;
  readonly #owner: ConnectionOwner;
  readonly #now: () => number;
  readonly #answers: ServerResponse[] = [];
  #socket: Socket;
  #state: ConnectionState;
  #answerBy = 0;
  #unread: { readonly res: ServerResponse; readonly onStall: () => void } | undefined;
  #isGone = false;
  #rests = false;

  constructor(
    socket: Socket,
    address: string | undefined,
    state: 'handshake' | 'new',
    parts: {
      readonly times: ConnectionTimes;
      readonly wheel: Wheel;
      readonly owner: ConnectionOwner;
      readonly now: () => number;
    },
  ) {
    this.#socket = socket;
    this.address = address;
    this.#times = parts.times;
    this.#wheel = parts.wheel;
    this.#owner = parts.owner;
    this.#now = parts.now;
    this.#state = state;
    this.#wheel.after(
      state === 'handshake' ? this.#times.handshakeMs : this.#times.headerMs + SLACK_MS,
      this,
    );
  }

  /** What is read from and written to: with TLS, and once its handshake is over, what was decrypted. */
  get socket(): Socket {
    return this.#socket;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get keepAliveMs(): number {
    return this.#times.keepAliveMs;
  }

  /** Its handshake is over; HTTP is spoken on `socket`. */
  secure(socket: Socket): void {
    this.#socket = socket;
    this.#move('new');
    this.#wheel.after(this.#times.headerMs + SLACK_MS, this);
  }

  /** A request's head is whole; its answer is `res`. With pipelining there may be several. */
  begin(res: ServerResponse): void {
    this.#answers.push(res);
    if (this.#answers.length > 1) return;
    this.#move('busy');
    this.#watchAnswer();
  }

  /** An answer was taken, or cannot be any more. */
  end(res: ServerResponse): void {
    if (this.#isGone) return;
    const at = this.#answers.indexOf(res);
    if (at >= 0) this.#answers.splice(at, 1);
    if (this.#state !== 'busy') return;
    if (this.#answers.length > 0) this.#watchAnswer();
    else {
      this.#move('idle');
      this.#wheel.after(this.#times.keepAliveMs + this.#times.headerMs + SLACK_MS, this);
    }
  }

  /** How many requests are not answered, or have answers that were not taken. */
  get unanswered(): number {
    return this.#answers.length;
  }

  /** Whether this answer, and no other, is owed. */
  isFor(res: ServerResponse): boolean {
    return this.#answers.length === 1 && this.#answers[0] === res;
  }

  /** Lends it to who holds its one answer, and ends that: until then it has no time here. */
  lend(): void {
    this.#answers.length = 0;
    this.#wasRead();
    this.#wheel.cancel(this);
  }

  /** What it was lent for is over. It is kept for the next request, which Node does not listen for. */
  rest(): void {
    this.#rests = true;
    this.#move('idle');
    this.#wheel.after(this.#times.keepAliveMs + KEPT_LONGER_MS, this);
  }

  /** It was lent or rests, and something is to be read as HTTP: Node listens again. */
  giveBack(): void {
    this.#rests = false;
    this.#owner.returned(this);
  }

  /** Whether bytes of an answer may be on their way, so that nothing else may be written. */
  get isAnswering(): boolean {
    return this.#answers[0]?.headersSent === true;
  }

  /** The last answer that is owed to a request which came whole: what is written before it would be taken for it. */
  get owed(): ServerResponse | undefined {
    return this.#answers.findLast(({ req }) => req.complete);
  }

  /** It leaves HTTP. */
  upgrade(): void {
    this.#move('upgraded');
    this.#wheel.after(this.#times.requestMs, this);
  }

  /** A WebSocket has it now, and ends it. */
  handOver(): void {
    if (this.#state === 'upgraded') this.#wheel.cancel(this);
  }

  /** It goes back to HTTP from an upgrade that was not taken up. */
  downgrade(): void {
    this.#move('new');
    this.#wheel.after(this.#times.headerMs + SLACK_MS, this);
  }

  /** Everything was written to it and its end sent. What still comes is read, so that the client's own end is noticed. */
  linger(): void {
    this.#move('ending');
    this.#wheel.after(this.#times.lingerMs, this);
    this.#socket.resume();
  }

  due(): void {
    if (this.#state === 'busy') this.#lookAtAnswer();
    else if (this.#rests) this.#socket.destroy();
    else this.cut();
  }

  /** Destroys it at once. */
  cut(): void {
    this.#owner.cut(this);
    this.#socket.destroy();
  }

  /** Takes it from the wheel for good: it is destroyed. Its answers say only later that they ended with it. */
  forget(): void {
    this.#isGone = true;
    this.#answers.length = 0;
    this.#wheel.cancel(this);
  }

  #watchAnswer(): void {
    const { requestMs, stallMs } = this.#times;
    this.#wasRead();
    this.#answerBy = this.#now() + requestMs + ANSWER_MS;
    this.#wheel.after(stallMs, this);
  }

  #lookAtAnswer(): void {
    const { stallMs } = this.#times;
    const res = this.#answers[0];
    const isWaiting =
      res !== undefined &&
      !res.writableEnded &&
      (markOf(res)?.kept !== undefined || this.#now() < this.#answerBy);
    if (isWaiting) this.#wheel.after(stallMs, this);
    else if (res === undefined || !res.writableEnded || res === this.#unread?.res) this.cut();
    else {
      this.#cutWhenStalled(res);
      this.#wheel.after(ANSWER_MS + res.writableLength / READ_RATE, this);
    }
  }

  // A socket's own timeout sees what the system has taken of a large answer meanwhile, which a stream does not tell.
  #cutWhenStalled(res: ServerResponse): void {
    const onStall = (): void => {
      if (this.#state === 'busy') this.cut();
    };
    this.#unread = { res, onStall };
    this.#socket.setTimeout(this.#times.stallMs, onStall);
  }

  // What comes next on the same connection may be silent for longer.
  #wasRead(): void {
    if (this.#unread === undefined) return;
    this.#socket.setTimeout(0, this.#unread.onStall);
    this.#unread = undefined;
  }

  #move(to: ConnectionState): void {
    const from = this.#state;
    if (from === to) return;
    this.#state = to;
    this.#owner.moved(this, from, to);
  }
}
