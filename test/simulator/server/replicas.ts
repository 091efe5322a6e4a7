import type { Socket } from '../network/socket.ts';
import type { MasterMessage, StreamPart } from './protocol.ts';

/** After how long without a word a master lets go of a replica: `repl-timeout`, in milliseconds. */
const SILENCE_MAX_MS = 60_000;

interface Attached {
  readonly socket: Socket;
  readonly address: string;
  /** It has the whole data and follows. */
  isOnline: boolean;
  acked: number;
  heardAt: number;
}

/** The replicas of one master, as it sees them. */
export class Replicas {
  readonly #attached = new Map<Socket, Attached>();
  readonly #now: () => number;
  readonly #onAck: () => void;

  constructor(now: () => number, onAck: () => void) {
    this.#now = now;
    this.#onAck = onAck;
  }

  get count(): number {
    return this.#attached.size;
  }

  attach(socket: Socket, address: string, isOnline: boolean, acked: number): void {
    this.#attached.set(socket, { socket, address, isOnline, acked, heardAt: this.#now() });
  }

  detach(socket: Socket): void {
    this.#attached.delete(socket);
  }

  /** Lets go of all: they have to come anew. */
  dropAll(): void {
    for (const { socket } of this.#attached.values()) socket.close();
    this.#attached.clear();
  }

  dropSilent(): void {
    for (const { socket, heardAt } of this.#attached.values()) {
      if (this.#now() - heardAt <= SILENCE_MAX_MS) continue;
      socket.close();
      this.#attached.delete(socket);
    }
  }

  acknowledged(socket: Socket, offset: number): void {
    const replica = this.#attached.get(socket);
    if (replica === undefined) return;
    replica.isOnline = true;
    replica.acked = Math.max(replica.acked, offset);
    replica.heardAt = this.#now();
    this.#onAck();
  }

  /** How many have everything up to an offset. */
  countAcked(offset: number): number {
    return [...this.#attached.values()].filter(({ isOnline, acked }) => isOnline && acked >= offset).length;
  }

  send(part: StreamPart): void {
    const message: MasterMessage = { kind: 'stream', part };
    for (const { socket } of this.#attached.values()) socket.send(message);
  }

  /** As `INFO replication` lists them. */
  lines(): string[] {
    return [...this.#attached.values()].map(({ address, isOnline, acked, heardAt }, i) => {
      const [ip, port] = address.split(':');
      const state = isOnline ? 'online' : 'wait_bgsave';
      const lag = Math.floor((this.#now() - heardAt) / 1_000);
      return `slave${i}:ip=${ip},port=${port},state=${state},offset=${acked},lag=${lag}`;
    });
  }

  /** As `ROLE` lists them. */
  roles(): string[][] {
    return [...this.#attached.values()]
      .filter(({ isOnline }) => isOnline)
      .map(({ address, acked }) => [...address.split(':'), String(acked)]);
  }
}
