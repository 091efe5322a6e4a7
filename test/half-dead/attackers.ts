import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { KINDS } from './kinds.ts';
import type { Kind, Target } from './kinds.ts';

/** Whom to stall, and with what. */
export interface AttackPlan {
  readonly port: number;
  readonly connections: number;
  /** One ticket for each address that they come from. */
  readonly targets: readonly Target[];
}

/** How many connections are opened a second, at most, first ones and those in the place of others. */
const OPENED_PER_SECOND = 1000;
const TICK_MS = 5;
/** Once the gateway has ended one, it is the gateway's for so long; then another takes its place. */
const AGAIN_AFTER_MS = 5000;

/** A connection that is to be there all the time. */
interface Place {
  readonly kind: Kind;
  readonly turn: number;
  readonly address: string;
  readonly target: Target;
  socket: Socket | undefined;
}

/** Clients of an attacker that keep as many half-dead connections open as planned, whatever the gateway does to them. */
export class Attackers {
  readonly #places: readonly Place[];
  readonly #port: number;
  readonly #empty: Place[];
  #attacks = true;
  #opened = 0;

  constructor({ port, connections, targets }: AttackPlan) {
    this.#port = port;
    this.#places = Array.from({ length: connections }, (_, index) => {
      const from = index % targets.length;
      const kind = KINDS[index % KINDS.length]!;
      const turn = Math.floor(index / KINDS.length);
      return { kind, turn, address: addressOf(from), target: targets[from]!, socket: undefined };
    });
    this.#empty = [...this.#places];
    void this.#open();
  }

  /** Those that were opened since the beginning. */
  get opened(): number {
    return this.#opened;
  }

  /** Address and port of what was opened and is not closed, by kind. */
  ends(): Readonly<Record<string, readonly string[]>> {
    const ends: Record<string, string[]> = {};
    for (const { kind, address, socket } of this.#places)
      if (socket?.localPort !== undefined) (ends[kind.name] ??= []).push(`${address}:${socket.localPort}`);
    return ends;
  }

  /** Whether each place is, or was, taken. */
  get isComplete(): boolean {
    return this.#opened >= this.#places.length;
  }

  /** Opens no more. Closes nothing either. */
  rest(): void {
    this.#attacks = false;
  }

  leave(): void {
    this.rest();
    for (const { socket } of this.#places) socket?.destroy();
  }

  async #open(): Promise<void> {
    let due = performance.now();
    while (this.#attacks) {
      const place = performance.now() < due ? undefined : this.#empty.shift();
      if (place === undefined) {
        await sleep(TICK_MS);
        due = Math.max(due, performance.now() - 2 * TICK_MS);
        continue;
      }
      due += 1000 / OPENED_PER_SECOND;
      this.#take(place);
    }
  }

  #take(place: Place): void {
    const { kind, turn, address, target } = place;
    const socket = connect({
      port: this.#port,
      host: '127.0.0.1',
      localAddress: address,
      allowHalfOpen: true,
    });
    place.socket = socket;
    this.#opened += 1;
    let ended = false;
    const again = (): void => {
      if (ended) return;
      ended = true;
      setTimeout(() => {
        if (!this.#attacks) return;
        socket.destroy();
        this.#empty.push(place);
      }, AGAIN_AFTER_MS).unref();
    };
    socket.on('error', () => undefined);
    socket.on('end', again);
    socket.on('close', again);
    socket.write(kind.ways[turn % kind.ways.length]!.text(target));
    if (kind.unread) socket.pause();
    else socket.resume();
  }
}

/** The attackers' addresses: 127.0.1.1 and up. */
export function addressOf(index: number): string {
  return `127.0.1.${index + 1}`;
}
