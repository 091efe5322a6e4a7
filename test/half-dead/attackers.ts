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
const OPENED_PER_SECOND = 2000;
const TICK_MS = 5;
/** What a busy machine delayed is opened in one go, as much as the gateway's system takes from one at a time. */
const CATCH_UP_MS = 100;
/** Once the gateway has ended one, it is the gateway's for so long; then another takes its place. */
const AGAIN_AFTER_MS = 5000;
/** Places for each connection that is to stand: some kinds are ended as soon as they are there. */
const PLACES_MAX = 4;

/** A connection that is to be there all the time. */
interface Place {
  readonly kind: Kind;
  readonly turn: number;
  readonly address: string;
  readonly target: Target;
  socket: Socket | undefined;
}

/**
 * Clients of an attacker that keep half-dead connections open, whatever the gateway does to them. A place is a connection that is
 * opened anew when the gateway ends it; told how many the gateway really holds, they take as many places as it needs for the plan.
 */
export class Attackers {
  readonly #plan: AttackPlan;
  readonly #places: Place[] = [];
  readonly #empty: Place[] = [];
  #attacks = true;
  #opened = 0;

  constructor(plan: AttackPlan) {
    this.#plan = plan;
    this.#add(plan.connections);
    void this.#open();
  }

  /** @param held how many the gateway holds now: where they are too few, more places are taken */
  hold(held: number): void {
    const { connections } = this.#plan;
    const room = PLACES_MAX * connections - this.#places.length;
    // Those that are still to be opened are on their way.
    const missing = connections - held - this.#empty.length;
    if (missing > 0) this.#add(Math.min(room, Math.ceil(missing / 2)));
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

  /** Opens no more. Closes nothing either. */
  rest(): void {
    this.#attacks = false;
  }

  leave(): void {
    this.rest();
    for (const { socket } of this.#places) socket?.destroy();
  }

  #add(count: number): void {
    const { targets } = this.#plan;
    for (let left = count; left > 0; left -= 1) {
      const index = this.#places.length;
      const from = index % targets.length;
      const place = {
        kind: KINDS[index % KINDS.length]!,
        turn: Math.floor(index / KINDS.length),
        address: addressOf(from),
        target: targets[from]!,
        socket: undefined,
      };
      this.#places.push(place);
      this.#empty.push(place);
    }
  }

  async #open(): Promise<void> {
    let due = performance.now();
    while (this.#attacks) {
      const place = performance.now() < due ? undefined : this.#empty.shift();
      if (place === undefined) {
        await sleep(TICK_MS);
        due = Math.max(due, performance.now() - CATCH_UP_MS);
        continue;
      }
      due += 1000 / OPENED_PER_SECOND;
      this.#take(place);
    }
  }

  #take(place: Place): void {
    const { kind, turn, address, target } = place;
    const socket = connect({
      port: this.#plan.port,
      host: '127.0.0.1',
      localAddress: address,
      allowHalfOpen: true,
    });
    place.socket = socket;
    this.#opened += 1;
    let isOver = false;
    const again = (): void => {
      if (isOver) return;
      isOver = true;
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
