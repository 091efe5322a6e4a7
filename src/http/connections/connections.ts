import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Wheel } from '../../watch/wheel.ts';
import { Connection } from './connection.ts';
import type { ConnectionOwner, ConnectionState, ConnectionTimes } from './connection.ts';

/** How many TCP connections there may be, and what one may ask for. Infinity: no bound. */
export interface ConnectionBounds {
  readonly perAddress: number;
  readonly total: number;
  /** Requests of one connection that are not answered yet, or whose answers its client has not taken. */
  readonly unanswered: number;
}

/** Why a connection was destroyed before its time: what it was about, or the bound that it broke. */
export type CutReason = ConnectionState | 'bound_per_address' | 'bound_of_process' | 'bound_of_requests';

/** What the connections of a server are made of. */
export interface ConnectionsParts {
  /** Whether each begins with a TLS handshake. */
  readonly tls: boolean;
  readonly times: ConnectionTimes;
  readonly bounds: ConnectionBounds;
  readonly wheel: Wheel;
  /** What the bound per address counts of a peer; undefined for one that it does not apply to. */
  readonly peerOf: (socket: Socket) => string | undefined;
  readonly onCut: (why: CutReason) => void;
  /** Told of an address, as {@link peerOf} says it, that has as many as it may. */
  readonly onFull: (address: string) => void;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** Clients that are slow to close after we have ended: beyond these the oldest is destroyed at once. */
const LINGERING_MAX = 64;

const OWNER = Symbol('connection');
type Owned = ServerResponse & { [OWNER]?: Connection };

/** The connection that a response goes out on; undefined where nobody counts connections. */
export function connectionOf(res: ServerResponse): Connection | undefined {
  return (res as Owned)[OWNER];
}

/** What has asked nothing yet. */
const NEW: readonly ConnectionState[] = ['handshake', 'new'];

/** Every TCP connection of a server: each has an owner and a time by which it is destroyed, whatever its client does. */
export class Connections implements ConnectionOwner {
  readonly #parts: ConnectionsParts;
  readonly #connections = new Map<Duplex, Connection>();
  /** Those whose handshake is not over, by who is at which end. */
  readonly #handshakes = new Map<string, Connection>();
  readonly #lingering = new Set<Connection>();
  readonly #perAddress = new Map<string, number>();
  readonly #perState: Record<ConnectionState, number> = {
    handshake: 0,
    new: 0,
    busy: 0,
    idle: 0,
    upgraded: 0,
    ending: 0,
  };
  #leaving = false;
  #closing = false;
  #listenAgain: (socket: Socket) => void = () => {};

  constructor(parts: ConnectionsParts) {
    this.#parts = parts;
  }

  /** @param listenAgain lets the server read a socket that it was let go of. */
  serve(listenAgain: (socket: Socket) => void): void {
    this.#listenAgain = listenAgain;
  }

  /** How many there are, by what they are about. */
  counts(): Readonly<Record<ConnectionState, number>> {
    return { ...this.#perState };
  }

  /** Takes in what was accepted, or destroys it where a bound is reached. One that is known goes back to HTTP. */
  accept(socket: Socket): void {
    const known = this.#connections.get(socket);
    if (known === undefined) this.#admit(socket);
    else known.downgrade();
  }

  /** The handshake of one that was accepted is over. One that is known goes back to HTTP. */
  secure(socket: TLSSocket): void {
    const known = this.#connections.get(socket);
    if (known !== undefined) {
      known.downgrade();
      return;
    }
    const ends = endsOf(socket);
    const connection = this.#handshakes.get(ends);
    if (connection === undefined) {
      socket.destroy();
      return;
    }
    this.#handshakes.delete(ends);
    this.#connections.delete(connection.socket);
    this.#connections.set(socket, connection);
    connection.secure(socket);
  }

  #admit(socket: Socket): void {
    const { tls, bounds, peerOf, times, wheel, now } = this.#parts;
    const address = peerOf(socket);
    const held = address === undefined ? 0 : (this.#perAddress.get(address) ?? 0);
    const isFull = this.#connections.size >= bounds.total;
    if (isFull || held >= bounds.perAddress) {
      this.#parts.onCut(isFull ? 'bound_of_process' : 'bound_per_address');
      if (!isFull && address !== undefined) this.#parts.onFull(address);
      socket.destroy();
      return;
    }
    if (address !== undefined) this.#perAddress.set(address, held + 1);
    const state = tls ? 'handshake' : 'new';
    const connection = new Connection(socket, address, state, { times, wheel, now, owner: this });
    this.#connections.set(socket, connection);
    this.#perState[state] += 1;
    const ends = endsOf(socket);
    if (tls) this.#handshakes.set(ends, connection);
    socket.once('close', () => {
      if (this.#handshakes.get(ends) === connection) this.#handshakes.delete(ends);
      this.#forget(connection);
    });
  }

  /**
   * A request has come.
   *
   * @returns false: it is not to be answered, for its client has sent more than it may before it took the answers, and is cut.
   * Thousands of requests come in one piece, and what each of them holds is far more than its bytes.
   */
  begin(socket: Socket, res: ServerResponse): boolean {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return true;
    if (connection.unanswered >= this.#parts.bounds.unanswered) {
      if (!socket.destroyed) this.#parts.onCut('bound_of_requests');
      socket.destroy();
      return false;
    }
    (res as Owned)[OWNER] = connection;
    connection.begin(res);
    res.once('close', () => connection.end(res));
    return true;
  }

  /** It leaves HTTP. */
  upgrade(socket: Duplex): void {
    this.#connections.get(socket)?.upgrade();
  }

  /** A WebSocket has it. */
  handOver(socket: Duplex): void {
    this.#connections.get(socket)?.handOver();
  }

  /**
   * Says a last word, where no answer to an earlier request is on its way or owed, and ends once that is out. The client
   * has `lingerMs` to close too; then it is destroyed, and earlier where many take their time.
   *
   * @returns whether there was somebody to say it to.
   */
  finish(socket: Duplex, text: string): boolean {
    const connection = this.#connections.get(socket);
    if (connection === undefined || !socket.writable) {
      socket.destroy();
      return false;
    }
    if (connection.isAnswering) connection.socket.destroySoon();
    else if (connection.owed === undefined) socket.end(text);
    else if (connection.state === 'ending') return false;
    else connection.owed.once('close', () => connection.socket.destroySoon());
    connection.linger();
    const [oldest] = this.#lingering;
    if (oldest === undefined || this.#lingering.size <= LINGERING_MAX) return true;
    // At once: its socket says that it is closed only later, and many may end until then.
    this.#lingering.delete(oldest);
    oldest.cut();
    return true;
  }

  /**
   * From now on each is closed once its answer is over. A stream's head said nothing of that (RFC 9112 §9.6), and a client
   * that keeps the connection would send its next request into a later close.
   */
  leave(): void {
    this.#leaving = true;
  }

  /**
   * From now on what has been answered is destroyed: at once, and whenever one has been. What has asked nothing yet is left:
   * its first request may be on its way, and a proxy does not repeat a POST.
   */
  close(): void {
    this.#closing = true;
    this.#destroy(['idle']);
  }

  /** What has still asked nothing is destroyed. */
  closeNew(): void {
    this.#destroy(NEW);
  }

  /** Destroys all, what we have ended and its client has not closed included: a server does not know that any more. */
  destroyAll(): void {
    for (const connection of this.#connections.values()) connection.socket.destroy();
  }

  moved(connection: Connection, from: ConnectionState, to: ConnectionState): void {
    this.#perState[from] -= 1;
    this.#perState[to] += 1;
    if (to === 'ending') this.#lingering.add(connection);
    if (to === 'idle' && (this.#leaving || this.#closing)) connection.socket.destroySoon();
  }

  cut(connection: Connection): void {
    this.#parts.onCut(connection.state);
  }

  returned({ socket }: Connection): void {
    this.#listenAgain(socket);
  }

  #destroy(states: readonly ConnectionState[]): void {
    for (const { state, socket } of this.#connections.values()) if (states.includes(state)) socket.destroy();
  }

  #forget(connection: Connection): void {
    connection.forget();
    this.#connections.delete(connection.socket);
    this.#lingering.delete(connection);
    this.#perState[connection.state] -= 1;
    const { address } = connection;
    if (address === undefined) return;
    const left = (this.#perAddress.get(address) ?? 0) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}

// A TLS socket does not tell which socket it lies on, but both tell their ends, and no two that are open have the same.
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return [remoteAddress, remotePort, localAddress, localPort].join();
}
