import type {
  RedisConnection,
  StreamEntries,
  Socket,
} from '../../../src/store/redis/connection/redis-connection.ts';
import type { Network } from '../network/network.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import { ClientSocket } from './client-socket.ts';
import { SimulatedPipeline } from './simulated-pipeline.ts';

type Argument = string | number;
type Status = 'connecting' | 'connect' | 'ready' | 'close' | 'reconnecting' | 'end';
type Event = 'ready' | 'close' | 'end' | 'error';

const RETRY_MIN_MS = 20;
const RETRY_MAX_MS = 200;
const LEAVES = /^(READONLY|UNBLOCKED|MASTERDOWN)/;
const NOT_WRITABLE = "Stream isn't writeable and enableOfflineQueue options is false";

/** How a connection finds its server. */
export interface ServerFinder {
  /** Where the server is now. @throws Error where nobody says so. */
  readonly locate: () => Promise<string>;
  /** Whether a server with this `INFO replication` is the right one. */
  readonly accepts?: (info: string) => boolean;
  /** A server was found. @param leave is to be called when another one is the right one. */
  readonly onConnecting?: (leave: () => void) => void;
  readonly onEnd?: () => void;
}

/** A connection as ioredis makes it with the options of `connectRedis`: it keeps itself connected and resends nothing. */
export class SimulatedConnection implements RedisConnection {
  readonly options = { host: undefined };
  status: Status = 'connecting';
  readonly #process: SimulatedProcess;
  readonly #network: Network;
  readonly #finder: ServerFinder;
  readonly #listeners: [Event, (error: Error) => void][] = [];
  #socket: ClientSocket | undefined;
  #isLeaving = false;
  #attempts = 0;
  #cancelRetry: (() => void) | undefined;

  constructor(process: SimulatedProcess, network: Network, finder: ServerFinder) {
    this.#process = process;
    this.#network = network;
    this.#finder = finder;
    void this.connect();
  }

  get stream(): Socket {
    return this.#socket ?? {};
  }

  on(event: Event, listener: (error: Error) => void): void {
    this.#listeners.push([event, listener]);
  }

  once(event: Event, listener: () => void): void {
    const one: [Event, () => void] = [
      event,
      () => {
        this.#listeners.splice(this.#listeners.indexOf(one), 1);
        listener();
      },
    ];
    this.#listeners.push(one);
  }

  async connect(): Promise<void> {
    this.#cancelRetry = undefined;
    this.#isLeaving = false;
    this.status = 'connecting';
    let address: string;
    try {
      address = await this.#finder.locate();
    } catch (error) {
      return this.#closed(undefined, error instanceof Error ? error : new Error(String(error)));
    }
    if (this.#isLeaving) return this.#closed(undefined, undefined);
    const socket: ClientSocket = new ClientSocket(this.#process, this.#network, address, {
      onOpen: () => void this.#check(socket),
      onClose: (error) => this.#closed(socket, error),
      onErrorReply: (error) => LEAVES.test(error.message) && this.disconnect(true),
      onPublished: () => {},
    });
    this.#socket = socket;
    this.#finder.onConnecting?.(() => this.#socket?.end());
  }

  disconnect(reconnect = false): void {
    if (!reconnect) {
      this.#isLeaving = true;
      this.#cancelRetry?.();
      if (this.status === 'reconnecting') this.#closed(undefined, undefined);
    }
    this.#socket?.end();
  }

  /** Sends one command. */
  send(args: readonly Argument[]): Promise<unknown> {
    const socket = this.#socket;
    if (this.status !== 'ready' || socket?.isWritable !== true)
      return Promise.reject(new Error(NOT_WRITABLE));
    return socket.send(args);
  }

  pipeline(): SimulatedPipeline {
    return new SimulatedPipeline((args) => this.send(args), false);
  }

  multi(): SimulatedPipeline {
    return new SimulatedPipeline((args) => this.send(args), true);
  }

  call(...args: readonly string[]): Promise<unknown> {
    return this.send(args);
  }

  readonly cluster = this.#command('CLUSTER');
  readonly eval = this.#command('EVAL');
  readonly exists = this.#command<number>('EXISTS');
  readonly fcall = this.#command('FCALL');
  readonly fcall_ro = this.#command('FCALL_RO');
  readonly function = this.#command('FUNCTION');
  readonly get = this.#command<string | null>('GET');
  readonly hmget = this.#command<(string | null)[]>('HMGET');
  readonly hset = this.#command<number>('HSET');
  readonly info = this.#command<string>('INFO');
  readonly pexpire = this.#command<number>('PEXPIRE');
  readonly ping = this.#command('PING');
  readonly sadd = this.#command<number>('SADD');
  readonly select = this.#command('SELECT');
  readonly set = this.#command('SET');
  readonly smismember = this.#command<number[]>('SMISMEMBER');
  readonly time = this.#command<string[]>('TIME');
  readonly xrange = this.#command<StreamEntries>('XRANGE');
  readonly xread = this.#command<[key: string, entries: StreamEntries][] | null>('XREAD');
  readonly zrangebyscore = this.#command<string[]>('ZRANGEBYSCORE');
  readonly zrem = this.#command<number>('ZREM');
  readonly zscan = this.#command<[place: string, found: string[]]>('ZSCAN');
  readonly zscore = this.#command<string | null>('ZSCORE');

  mget(keys: string[]): Promise<(string | null)[]> {
    return this.send(['MGET', ...keys]) as Promise<(string | null)[]>;
  }

  #command<T = unknown>(name: string): (...args: readonly Argument[]) => Promise<T> {
    return (...args) => this.send([name, ...args]) as Promise<T>;
  }

  /** A connection is ready once its server answered; one that is not the right one is left. */
  async #check(socket: ClientSocket): Promise<void> {
    this.status = 'connect';
    const info = await socket.send(['INFO', 'replication']).catch(() => undefined);
    if (info === undefined || socket !== this.#socket || !socket.isWritable) return;
    if (this.#finder.accepts?.(info as string) === false) return this.disconnect(true);
    this.status = 'ready';
    this.#attempts = 0;
    this.#emit('ready');
  }

  #closed(socket: ClientSocket | undefined, error: Error | undefined): void {
    if (socket !== undefined && socket !== this.#socket) return;
    this.#socket = undefined;
    if (error !== undefined) this.#emit('error', error);
    this.status = 'close';
    this.#emit('close');
    if (this.#isLeaving) {
      this.#isLeaving = false;
      this.status = 'end';
      this.#finder.onEnd?.();
      return this.#emit('end');
    }
    this.status = 'reconnecting';
    this.#attempts++;
    const delayMs = Math.min(RETRY_MIN_MS * this.#attempts, RETRY_MAX_MS);
    this.#cancelRetry = this.#process.after(delayMs, () => void this.connect());
  }

  #emit(event: Event, error = new Error(event)): void {
    for (const [name, listener] of this.#listeners.slice()) if (name === event) listener(error);
  }
}
