import type { Network } from '../network/network.ts';
import type { Socket } from '../network/socket.ts';
import type { ClientMessage, Request } from '../server/protocol.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import { decode, encode } from './encoding.ts';

type Argument = string | number;

interface Pending {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** How long things may take, in milliseconds; as `connectRedis` sets ioredis. */
const CONNECT_TIMEOUT_MS = 1_500;
const SOCKET_TIMEOUT_MS = 2_500;
const DISCONNECT_TIMEOUT_MS = 200;

/** Who hears of a socket's life. */
export interface ClientSocketOptions {
  readonly onOpen: () => void;
  readonly onClose: (error: Error | undefined) => void;
  /** Hears of every reply that is an error. */
  readonly onErrorReply: (error: Error) => void;
  readonly onPublished: (channel: string, text: string) => void;
  /** Whether it waits for replies however long they take. */
  readonly isPatient?: boolean;
}

/** One socket to one server, and the commands that wait for their replies on it. */
export class ClientSocket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #process: SimulatedProcess;
  readonly #options: ClientSocketOptions;
  readonly #socket: Socket;
  #pending: Pending[] = [];
  #outgoing: string[][] = [];
  #isOver = false;
  #isEnding = false;
  #cancelTimeout: (() => void) | undefined;

  constructor(process: SimulatedProcess, network: Network, address: string, options: ClientSocketOptions) {
    this.remoteAddress = address.slice(0, address.lastIndexOf(':'));
    this.remotePort = Number(address.slice(address.lastIndexOf(':') + 1));
    this.#process = process;
    this.#options = options;
    this.#socket = network.connect(process, address);
    const late = process.after(CONNECT_TIMEOUT_MS, () => this.#end(new Error('connect ETIMEDOUT')));
    this.#socket.onOpen = () => {
      late();
      options.onOpen();
    };
    this.#socket.onMessage = (message) => this.#heard(message as ClientMessage);
    this.#socket.onClose = (why) => {
      late();
      this.#end(why === 'refused' ? new Error(`connect ECONNREFUSED ${address}`) : undefined);
    };
  }

  get isWritable(): boolean {
    return this.#socket.isOpen && !this.#isOver && !this.#isEnding;
  }

  /** Sends a command with all others of this moment. @returns its reply; an error rejects. */
  send(args: readonly Argument[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#outgoing.length === 0) queueMicrotask(() => this.#flush());
      this.#outgoing.push(args.map(encode));
      this.#pending.push({ resolve, reject });
      if (this.#options.isPatient !== true) this.#cancelTimeout ??= this.#expectData();
    });
  }

  /** Ends the connection politely, and rudely where the server says nothing to that. */
  end(): void {
    if (this.#isOver || this.#isEnding) return;
    this.#isEnding = true;
    this.#flush();
    if (!this.#socket.isOpen) return this.#end(undefined);
    this.#socket.end();
    this.#process.after(DISCONNECT_TIMEOUT_MS, () => this.#end(undefined));
  }

  #flush(): void {
    if (this.#outgoing.length === 0) return;
    const request: Request = { kind: 'request', commands: this.#outgoing };
    this.#outgoing = [];
    this.#socket.send(request);
  }

  #heard(message: ClientMessage): void {
    if (message.kind === 'published') return this.#options.onPublished(message.channel, message.text);
    this.#cancelTimeout?.();
    for (const reply of message.replies) {
      const value = decode(reply);
      const waiting = this.#pending.shift();
      if (!(value instanceof Error)) waiting?.resolve(value);
      else {
        this.#options.onErrorReply(value);
        waiting?.reject(value);
      }
    }
    const isWaiting = this.#pending.length > 0 && this.#options.isPatient !== true;
    this.#cancelTimeout = isWaiting ? this.#expectData() : undefined;
  }

  #expectData(): () => void {
    return this.#process.after(SOCKET_TIMEOUT_MS, () =>
      this.#end(
        new Error(`Socket timeout. Expecting data, but didn't receive any in ${SOCKET_TIMEOUT_MS}ms.`),
      ),
    );
  }

  #end(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelTimeout?.();
    this.#socket.close();
    this.#options.onClose(error);
    for (const { reject } of this.#pending.splice(0)) reject(new Error('Connection is closed.'));
  }
}
