import type { Redis } from 'ioredis';
import type { RedisAddress } from '../connection/address.ts';
import { connectSentinel } from '../connection/connection.ts';

const LISTEN_EVERY_MS = 1_000;

/** After how long without a majority the master is looked for anew, for others may have replaced it. */
const DOUBT_AFTER_MS = 3_000;

/** How long a Sentinel that was away too may still name the old master. */
const GOSSIP_MS = 5_000;

/** How long the Sentinels may be silent. */
export interface SentinelSettings {
  /** After how long without a majority of Sentinels writes are refused, in milliseconds. */
  readonly sentinelSilenceMaxMs: number;
}

/** Who hears of a majority. */
export interface SentinelWatchOptions {
  /** There is a majority, and whatever the master answered until now it answered as the master. */
  readonly onHeard: () => void;
  /** There is a majority again: whoever was the master may be so no longer. */
  readonly onReturn: () => void;
}

/**
 * Listens whether a majority of the Sentinels is still there. Who hears none may be cut off together with a master
 * that others have replaced, and must not promise anything. When it is heard again the master is looked for anew,
 * before anything else is sent to the one that was there all the time.
 */
export class SentinelWatch {
  readonly #clock: () => number;
  readonly #address: RedisAddress;
  readonly #heardAt: number[];
  #connections: readonly Redis[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #options: SentinelWatchOptions;
  #doubtEndsAt = -Infinity;

  constructor(address: RedisAddress, clock: () => number, options: SentinelWatchOptions) {
    this.#address = address;
    this.#clock = clock;
    this.#options = options;
    this.#heardAt = address.endpoints.map(() => clock());
  }

  /** Connects to each Sentinel and listens, until `close`. */
  start(): void {
    this.#connections = this.#address.endpoints.map((endpoint) => connectSentinel(this.#address, endpoint));
    this.#timer = setInterval(() => this.#listen(), LISTEN_EVERY_MS);
    this.#timer.unref();
  }

  /** For how long no majority was heard, in milliseconds. */
  silentMs(): number {
    return this.#clock() - this.#majorityHeardAt();
  }

  /** The master was looked for, and its history checked. */
  foundMaster(): void {
    if (this.#doubtEndsAt === Infinity && !this.#isSilent()) this.#doubtEndsAt = this.#clock() + GOSSIP_MS;
  }

  close(): void {
    clearInterval(this.#timer);
    for (const connection of this.#connections) connection.disconnect();
  }

  #listen(): void {
    for (const [i, connection] of this.#connections.entries()) {
      connection.ping().then(
        () => this.#heard(i),
        () => {},
      );
    }
  }

  #heard(i: number): void {
    const wasSilent = this.#isSilent();
    const before = this.#majorityHeardAt();
    this.#heardAt[i] = this.#clock();
    if (wasSilent) this.#doubtEndsAt = Infinity;
    if (this.#majorityHeardAt() === before) return;
    if (wasSilent && !this.#isSilent()) this.#options.onReturn();
    if (this.#clock() >= this.#doubtEndsAt) this.#options.onHeard();
  }

  #majorityHeardAt(): number {
    const newestFirst = [...this.#heardAt].sort((a, b) => b - a);
    const majority = Math.floor(newestFirst.length / 2) + 1;
    return newestFirst[majority - 1] as number;
  }

  #isSilent(): boolean {
    return this.silentMs() > DOUBT_AFTER_MS;
  }
}
