import type { SimulatedProcess } from '../time/simulated-process.ts';
import type { Way } from './way.ts';

type Closing = 'refused' | 'lost' | 'ended';

/**
 * One end of a connection. Messages arrive whole and in their order, or not at all. Handlers are called in the
 * process that the end belongs to, and so not while that one stands still.
 */
export class Socket {
  readonly process: SimulatedProcess;
  readonly #way: Way;
  readonly #forget: (socket: Socket) => void;
  #far: Socket | undefined;
  #state: 'opening' | 'open' | 'closed' | 'vanished' = 'opening';
  #lastArrival = 0;
  /** Whether something was sent to this end while its machine was gone. */
  #hasMissed = false;

  onOpen: () => void = () => {};
  onMessage: (message: unknown) => void = () => {};
  /** The other end is gone, or was never there. It is not called for an end that was closed here. */
  onClose: (why: Closing) => void = () => {};

  /** @param forget hears that this end is closed. */
  constructor(process: SimulatedProcess, way: Way, forget: (socket: Socket) => void) {
    this.process = process;
    this.#way = way;
    this.#forget = forget;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Joins two ends; the far one is open at once. */
  join(far: Socket): void {
    this.#far = far;
    far.#far = this;
    far.#state = 'open';
  }

  /** The other machine answered that the connection stands. */
  opened(): void {
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    this.onOpen();
  }

  /** The other machine answered that there is none. */
  refused(): void {
    this.#lose('refused');
  }

  send(message: unknown): void {
    const far = this.#far;
    if (this.#state !== 'open' || far === undefined) return;
    if (far.#state === 'vanished') far.#hasMissed = true;
    else if (far.#state === 'closed') this.#reset();
    else this.#deliver(far, () => far.#state === 'open' && far.onMessage(message));
  }

  /** Ends the connection here; the other end hears of it behind everything that was sent. */
  close(): void {
    if (this.#isOver()) return;
    this.#state = 'closed';
    this.#forget(this);
    const far = this.#far;
    if (far !== undefined) this.#deliver(far, () => far.#lose('ended'));
  }

  /** Says that nothing more comes from here. The connection is over once the other process has seen it. */
  end(): void {
    const far = this.#far;
    if (this.#state !== 'open' || far === undefined) return this.close();
    this.#deliver(far, () => {
      far.#lose('ended');
      far.#way.carry((arrival) => this.process.receive(arrival, () => this.#lose('ended')));
    });
  }

  /** The machine is gone: nobody tells the other end. */
  vanish(): void {
    this.#state = 'vanished';
    this.#forget(this);
  }

  /** The machine is there again and knows nothing of this connection: what is sent, or sent again, comes back. */
  unknown(): void {
    if (this.#state !== 'vanished') return;
    this.#state = 'closed';
    const far = this.#far;
    if (this.#hasMissed && far !== undefined) far.#reset();
  }

  #deliver(far: Socket, happen: () => void): void {
    this.#way.carry((arrival) => {
      this.#lastArrival = Math.max(this.#lastArrival, arrival);
      far.process.receive(this.#lastArrival, happen);
    });
  }

  /** What goes to an end that is no more comes back. */
  #reset(): void {
    this.#way.carry((arrival) =>
      this.process.receive(2 * arrival - this.process.now(), () => this.#lose('lost')),
    );
  }

  #isOver(): boolean {
    return this.#state === 'closed' || this.#state === 'vanished';
  }

  #lose(why: Closing): void {
    if (this.#isOver()) return;
    this.#state = 'closed';
    this.#forget(this);
    this.onClose(why);
  }
}
