import type { Random } from '../../support/random.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import { Socket } from './socket.ts';
import { Way } from './way.ts';
import type { Quality } from './way.ts';

/** What a process does with a connection that somebody made to it. */
export type Accept = (socket: Socket) => void;

interface Listener {
  readonly process: SimulatedProcess;
  readonly accept: Accept;
}

/** Half a millisecond each way, now and then more. */
const LAN: Quality = { delayMs: [0.1, 0.6], slowChance: 0.01, slowMs: [1, 8] };

/** Whose events the network's own are. */
const NETWORK_LANE = -1;

/**
 * A network of processes, each on a machine of its own that has its name. Between any two there is a way in each
 * direction with its own quality, which can be cut: what is sent meanwhile arrives late, once the way is whole again.
 */
export class Network {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #listeners = new Map<string, Listener>();
  readonly #ways = new Map<string, Way>();
  readonly #sockets = new Set<Socket>();
  /** The machines that are gone, and the ends of connections that went with them. */
  readonly #unplugged = new Map<string, readonly Socket[]>();

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** Takes connections to an address, `<machine>:<port>`. */
  listen(address: string, process: SimulatedProcess, accept: Accept): void {
    this.#listeners.set(address, { process, accept });
  }

  /**
   * Begins a connection. A machine takes it even while its process stands still; one without the process refuses; one
   * that is not there says nothing.
   */
  connect(from: SimulatedProcess, address: string): Socket {
    const host = address.slice(0, address.lastIndexOf(':'));
    const back = this.way(host, from.name);
    const near = this.#socket(from, host);
    this.way(from.name, host).carry((arrival) => {
      this.#scheduler.at(arrival, NETWORK_LANE, () => {
        if (this.#unplugged.has(host)) return;
        const accepted = this.#accept(near, address);
        back.carry((instant) => from.receive(instant, () => (accepted ? near.opened() : near.refused())));
      });
    });
    return near;
  }

  /** The way from one machine to another. */
  way(from: string, to: string): Way {
    const name = `${from} ${to}`;
    let way = this.#ways.get(name);
    if (way === undefined) {
      way = new Way(this.#scheduler, this.#random.fork(), LAN);
      this.#ways.set(name, way);
    }
    return way;
  }

  /** Ends a process as SIGKILL does: its machine tells everyone who was connected. */
  kill(process: SimulatedProcess): void {
    process.kill();
    for (const socket of this.#socketsOf(process)) socket.close();
  }

  /** Takes a machine away: nobody hears of it, and who connects hears nothing either, until it is plugged in again. */
  unplug(process: SimulatedProcess): void {
    process.kill();
    const sockets = this.#socketsOf(process);
    this.#unplugged.set(process.name, sockets);
    for (const socket of sockets) socket.vanish();
  }

  /** Lets a process begin anew. */
  revive(process: SimulatedProcess): void {
    const sockets = this.#unplugged.get(process.name) ?? [];
    this.#unplugged.delete(process.name);
    for (const socket of sockets) socket.unknown();
    process.revive();
  }

  #accept(near: Socket, address: string): boolean {
    const listener = this.#listeners.get(address);
    if (listener === undefined || !listener.process.isAlive) return false;
    const far = this.#socket(listener.process, near.process.name);
    near.join(far);
    listener.process.soon(() => listener.accept(far));
    return true;
  }

  #socket(process: SimulatedProcess, peer: string): Socket {
    const way = this.way(process.name, peer);
    const socket = new Socket(process, way, (closed) => this.#sockets.delete(closed));
    this.#sockets.add(socket);
    return socket;
  }

  #socketsOf(process: SimulatedProcess): Socket[] {
    return [...this.#sockets].filter((socket) => socket.process === process);
  }
}
