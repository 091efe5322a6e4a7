import { every } from '../../../time/time.ts';
import type { RedisConnection, ServerAccess } from '../connection/redis-connection.ts';

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
  readonly #access: ServerAccess;
  readonly #heardAt: number[];
  #connections: readonly RedisConnection[] = [];
  #stopListening = (): void => {};
  readonly #options: SentinelWatchOptions;
  #doubtEndsAt = -Infinity;

  constructor(access: ServerAccess, options: SentinelWatchOptions) {
    this.#access = access;
    this.#options = options;
    this.#heardAt = access.address.endpoints.map(() => access.time.now());
  }

  /** Connects to each Sentinel and listens, until `close`. */
  start(): void {
    const { address, connect, time } = this.#access;
    this.#connections = address.endpoints.map((endpoint) => connect(address, 'sentinel', { endpoint }));
    this.#stopListening = every(time, LISTEN_EVERY_MS, () => this.#listen());
  }

  /** For how long no majority was heard, in milliseconds. */
  silentMs(): number {
    return this.#access.time.now() - this.#majorityHeardAt();
  }

  /** The master was looked for, and its history checked. */
  foundMaster(): void {
    if (this.#doubtEndsAt === Infinity && !this.#isSilent())
      this.#doubtEndsAt = this.#access.time.now() + GOSSIP_MS;
  }

  close(): void {
    this.#stopListening();
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
    this.#heardAt[i] = this.#access.time.now();
    if (wasSilent) this.#doubtEndsAt = Infinity;
    if (this.#majorityHeardAt() === before) return;
    if (wasSilent && !this.#isSilent()) this.#options.onReturn();
    if (this.#access.time.now() >= this.#doubtEndsAt) this.#options.onHeard();
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
