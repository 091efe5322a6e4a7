import type { Redis } from 'ioredis';
import type { RedisAddress } from './address.ts';
import { connectSentinel } from './connection.ts';

const LISTEN_EVERY_MS = 1_000;

/**
 * Listens whether a majority of the Sentinels is still there. Who hears none may be cut off together with a master
 * that others have replaced, and must not promise anything.
 */
export class SentinelWatch {
  readonly #clock: () => number;
  readonly #connections: readonly Redis[];
  readonly #heardAt: number[];
  readonly #timer: NodeJS.Timeout;

  constructor(address: RedisAddress, clock: () => number) {
    this.#clock = clock;
    this.#connections = address.endpoints.map((endpoint) => connectSentinel(address, endpoint));
    this.#heardAt = this.#connections.map(() => clock());
    this.#timer = setInterval(() => this.#listen(), LISTEN_EVERY_MS);
    this.#timer.unref();
  }

  /** For how long no majority was heard, in milliseconds. */
  silentMs(): number {
    const newestFirst = [...this.#heardAt].sort((a, b) => b - a);
    const majority = Math.floor(newestFirst.length / 2) + 1;
    return this.#clock() - (newestFirst[majority - 1] as number);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const connection of this.#connections) connection.disconnect();
  }

  #listen(): void {
    for (const [i, connection] of this.#connections.entries()) {
      connection.ping().then(
        () => (this.#heardAt[i] = this.#clock()),
        () => {},
      );
    }
  }
}
