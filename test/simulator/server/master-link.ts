import type { Network } from '../network/network.ts';
import type { Socket } from '../network/socket.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import type { MasterMessage, ReplicaMessage } from './protocol.ts';

/** `repl-timeout`, in milliseconds. */
const SILENCE_MAX_MS = 60_000;

/** What a replica's way to its master needs. */
export interface MasterLinkOptions {
  readonly process: SimulatedProcess;
  readonly network: Network;
  /** The master. */
  readonly address: string;
  readonly ownAddress: string;
  /** Which history the replica has, and how much of it. */
  readonly position: () => { readonly replicationId: string; readonly offset: number };
  readonly onMessage: (message: MasterMessage) => void;
}

/** A replica's connection to its master. It is made again, at once and then once a second, until it is closed. */
export class MasterLink {
  readonly address: string;
  readonly #options: MasterLinkOptions;
  #socket: Socket | undefined;
  #isUp = false;
  #isClosed = false;
  #heardAt: number;
  #downAt: number;

  constructor(options: MasterLinkOptions) {
    this.address = options.address;
    this.#options = options;
    this.#heardAt = options.process.now();
    this.#downAt = this.#heardAt;
    this.#connect();
  }

  /** Whether the replica has what the master had, and follows. */
  get isUp(): boolean {
    return this.#isUp;
  }

  get secondsSilent(): number {
    return this.#isUp ? Math.floor((this.#options.process.now() - this.#heardAt) / 1_000) : -1;
  }

  get secondsDown(): number {
    return this.#isUp ? -1 : Math.floor((this.#options.process.now() - this.#downAt) / 1_000);
  }

  /** Tells the master how far the replica is. */
  acknowledge(offset: number): void {
    this.#say({ kind: 'ack', offset });
  }

  tick(): void {
    const { process, position } = this.#options;
    if (this.#socket === undefined) return this.#connect();
    if (process.now() - this.#heardAt > SILENCE_MAX_MS) return this.#lost(this.#socket);
    if (this.#isUp) this.acknowledge(position().offset);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.close();
    this.#socket = undefined;
    this.#isUp = false;
  }

  #connect(): void {
    if (this.#isClosed) return;
    const { process, network, ownAddress, position } = this.#options;
    const socket = network.connect(process, this.address);
    this.#socket = socket;
    this.#heardAt = process.now();
    socket.onOpen = () => {
      const { replicationId, offset } = position();
      this.#say({ kind: 'psync', replicationId, offset: offset + 1, address: ownAddress });
    };
    socket.onMessage = (message) => this.#heard(socket, message as MasterMessage);
    socket.onClose = () => this.#lost(socket);
  }

  #heard(socket: Socket, message: MasterMessage): void {
    if (socket !== this.#socket) return;
    this.#heardAt = this.#options.process.now();
    if (message.kind === 'refused') return this.#lost(socket);
    this.#isUp = true;
    this.#options.onMessage(message);
  }

  #lost(socket: Socket): void {
    if (socket !== this.#socket) return;
    socket.close();
    this.#socket = undefined;
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#downAt = this.#options.process.now();
    this.#connect();
  }

  #say(message: ReplicaMessage): void {
    this.#socket?.send(message);
  }
}
