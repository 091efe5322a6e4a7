import type { Ledger } from '../../store/ledger.ts';
import { every } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';

/** How long the lease lasts without a renewal, how often it is renewed, and how long it is relied on; in milliseconds. */
const LEASE_MS = 6000;
const RENEW_MS = 2000;
const TRUSTED_MS = 4000;

const NAME = 'record-reader';

export interface ReaderLeaseOptions {
  readonly ledger: Ledger;
  readonly time: Time;
  /** What only this process knows to say. */
  readonly token: string;
}

/**
 * Which node moves the log's events into the record: one at a time among all that share a store. That two do so all the same, one
 * of them having been asleep, is fenced off where they write: a chain takes rows only behind the head that their writer saw.
 */
export class ReaderLease {
  readonly #options: ReaderLeaseOptions;
  #heldAt = Number.NEGATIVE_INFINITY;
  #stop: () => void = () => undefined;

  constructor(options: ReaderLeaseOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    await this.#renew();
    this.#stop = every(this.#options.time, RENEW_MS, () => void this.#renew());
  }

  /** Whether it is this node, now. */
  readonly holds = (): boolean => this.#options.time.now() - this.#heldAt < TRUSTED_MS;

  /** Lets another node have it at once. */
  async close(): Promise<void> {
    this.#stop();
    this.#heldAt = Number.NEGATIVE_INFINITY;
    await this.#options.ledger.delete(NAME, this.#options.token).catch(() => false);
  }

  async #renew(): Promise<void> {
    const { ledger, time, token } = this.#options;
    const askedAt = time.now();
    try {
      const renewed =
        (await ledger.replaceIf(NAME, token, token, LEASE_MS)) ||
        (await ledger.putIfAbsent(NAME, token, LEASE_MS)).value === token;
      this.#heldAt = renewed ? askedAt : Number.NEGATIVE_INFINITY;
    } catch {
      // It runs out by itself.
    }
  }
}
