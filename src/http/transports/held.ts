import type { Subject } from '../../store/subject.ts';
import { sleep } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';

export type TransportName = 'sse' | 'poll' | 'socket';

/** A connection that waits in this process. */
export interface HeldConnection {
  readonly transport: TransportName;
  /** Undefined: the bound per address does not count it. */
  readonly address: string | undefined;
  /** What it asks for. Whether it may is found out while it waits already. */
  readonly subject: Subject;
  /** Whether it counts against the bound per subject; {@link Held.join} alone sets it. */
  joined: boolean;
  /** The id of its request's log lines; undefined where none is kept. */
  readonly requestId: string | undefined;
  /** Says that the node goes, and ends in good order. It must not throw. */
  leave(): void;
  /** Ends at once, without a word. It must not throw. */
  cut(): void;
}

/** How many connections may wait. */
export interface HeldLimits {
  readonly perSubject: number;
  /** Infinity: no bound. */
  readonly perAddress: number;
  readonly total: number;
}

/** What a connection was refused for. */
export type Bound = 'subject' | 'address' | 'process' | 'draining';

/** How a node goes, counted from the call. Milliseconds. */
export interface DrainTimes {
  /** Everything is still served for this long. */
  readonly waitMs: number;
  /** Then what is held is ended, spread evenly over this. */
  readonly windowMs: number;
  /** What is left shortly before this is cut. */
  readonly maxMs: number;
}

/** What a drain does: serves on, asks those held to leave, one after the other, cuts who stayed. */
export type DrainStep = 'waiting' | 'closing over' | 'cutting';

const STEP_MS = 20;
const EXIT_MS = 1000;

/** The connections that this process holds: counted, bounded, and ended when the node goes. */
export class Held {
  readonly #limits: HeldLimits;
  readonly #time: Time;
  readonly #connections = new Set<HeldConnection>();
  readonly #perSubject = new Map<Subject, number>();
  readonly #perAddress = new Map<string, number>();
  readonly #perTransport: Record<TransportName, number> = { sse: 0, poll: 0, socket: 0 };
  #closing = false;
  #drained: Promise<void> | undefined;

  constructor(limits: HeldLimits, time: Time) {
    this.#limits = limits;
    this.#time = time;
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Whether newcomers are sent away because the node goes. */
  get closing(): boolean {
    return this.#closing;
  }

  count(transport: TransportName): number {
    return this.#perTransport[transport];
  }

  /** How many wait for a subject here. */
  countOf(subject: Subject): number {
    return this.#perSubject.get(subject) ?? 0;
  }

  /** Counts a connection in, or says which bound it would break; then nothing was counted. */
  take(connection: HeldConnection): Bound | undefined {
    const { address, transport } = connection;
    if (this.#closing) return 'draining';
    if (this.#connections.size >= this.#limits.total) return 'process';
    if (address !== undefined) {
      const count = this.#perAddress.get(address) ?? 0;
      if (count >= this.#limits.perAddress) return 'address';
      this.#perAddress.set(address, count + 1);
    }
    this.#connections.add(connection);
    this.#perTransport[transport] += 1;
    return undefined;
  }

  /** Counts a connection that was taken in for its subject. A refused one is still to be released. */
  join(connection: HeldConnection): Bound | undefined {
    const { subject } = connection;
    const count = this.#perSubject.get(subject) ?? 0;
    if (count >= this.#limits.perSubject) return 'subject';
    this.#perSubject.set(subject, count + 1);
    connection.joined = true;
    return undefined;
  }

  /** Counts a connection out. Safe to call again. */
  release(connection: HeldConnection): void {
    if (!this.#connections.delete(connection)) return;
    this.#perTransport[connection.transport] -= 1;
    if (connection.address !== undefined) countDown(this.#perAddress, connection.address);
    if (connection.joined) countDown(this.#perSubject, connection.subject);
  }

  /**
   * Ends what is held, in good order. A second call changes nothing. Kept once all is gone.
   *
   * @param onStep told as each step begins.
   */
  drain(times: DrainTimes, onStep: (step: DrainStep) => void = () => {}): Promise<void> {
    this.#drained ??= this.#drain(times, onStep);
    return this.#drained;
  }

  async #drain({ waitMs, windowMs, maxMs }: DrainTimes, onStep: (step: DrainStep) => void): Promise<void> {
    const startedAt = this.#time.now();
    onStep('waiting');
    await sleep(this.#time, waitMs);
    this.#closing = true;
    onStep('closing over');
    await this.#leaveOver(windowMs);
    const cutAt = startedAt + Math.max(waitMs + windowMs, maxMs - EXIT_MS);
    while (this.#connections.size > 0 && this.#time.now() < cutAt) await sleep(this.#time, STEP_MS);
    if (this.#connections.size > 0) onStep('cutting');
    for (const connection of this.#connections) connection.cut();
  }

  async #leaveOver(windowMs: number): Promise<void> {
    const startedAt = this.#time.now();
    const leaving = [...this.#connections];
    let left = 0;
    for (;;) {
      const share = windowMs === 0 ? 1 : Math.min(1, (this.#time.now() - startedAt) / windowMs);
      for (const due = Math.ceil(leaving.length * share); left < due; left += 1) {
        const connection = leaving[left];
        if (connection !== undefined && this.#connections.has(connection)) connection.leave();
      }
      if (left >= leaving.length || this.#connections.size === 0) return;
      await sleep(this.#time, STEP_MS);
    }
  }
}

function countDown<K>(counts: Map<K, number>, key: K): void {
  const count = (counts.get(key) ?? 0) - 1;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
