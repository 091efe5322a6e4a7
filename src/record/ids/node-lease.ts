import type { Ledger } from '../../store/ledger.ts';
import { every } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';
import { NODE_MAX } from './sortable-id.ts';

/** How long a number is leased, in milliseconds. */
export const LEASE_MS = 300_000;
/** How often the lease is renewed. */
const RENEW_MS = 60_000;
/**
 * After so long without a renewal the number is not used any more, in milliseconds: well before another node can have it, so
 * that neither a slow answer of the ledger nor clocks of different speed let two nodes use it.
 */
const TRUSTED_MS = LEASE_MS / 2;
/** How many numbers are tried at one time. */
const TRIES = 64;

export interface NodeLeaseOptions {
  readonly ledger: Ledger;
  readonly time: Time;
  /** From 0 to 1. */
  readonly random: () => number;
  /** What only this process knows to say. */
  readonly token: string;
}

/** The number of this node among all that share a store, from 0 to {@link NODE_MAX}, leased in the ledger. */
export class NodeLease {
  readonly #options: NodeLeaseOptions;
  #number: number | undefined;
  #renewedAt = 0;
  #stop: () => void = () => undefined;
  #renewing: Promise<void> | undefined;

  constructor(options: NodeLeaseOptions) {
    this.#options = options;
  }

  /** Takes a number, and keeps it until {@link NodeLease.close}. A ledger that is away is asked again later. */
  async open(): Promise<void> {
    await this.renew();
    this.#stop = every(this.#options.time, RENEW_MS, () => void this.renew());
  }

  /** The number, while it is surely this node's. */
  readonly node = (): number | undefined =>
    this.#options.time.now() - this.#renewedAt < TRUSTED_MS ? this.#number : undefined;

  /** Renews the lease, or takes another number where it was lost. Never rejects. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew()
      .catch(() => undefined)
      .finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#renewing;
    const number = this.#number;
    this.#number = undefined;
    const { ledger, token } = this.#options;
    if (number !== undefined) await ledger.delete(keyOf(number), token).catch(() => false);
  }

  async #renew(): Promise<void> {
    const { ledger, token, time, random } = this.#options;
    // Counted from before the question: the ledger's own count begins later.
    const askedAt = time.now();
    const held = this.#number;
    if (held !== undefined && (await ledger.replaceIf(keyOf(held), token, token, LEASE_MS))) {
      this.#renewedAt = askedAt;
      return;
    }
    this.#number = undefined;
    const start = Math.floor(random() * (NODE_MAX + 1));
    for (let tried = 0; tried < TRIES; tried += 1) {
      const number = (start + tried * 17) % (NODE_MAX + 1);
      const triedAt = time.now();
      const { value } = await ledger.putIfAbsent(keyOf(number), token, LEASE_MS);
      if (value !== token) continue;
      this.#number = number;
      this.#renewedAt = triedAt;
      return;
    }
  }
}

function keyOf(number: number): string {
  return `record-node:${number}`;
}
