import { Courier } from './courier.ts';
import type { CourierOptions } from './courier.ts';
import type { Receiver } from './receiver.ts';

/** A courier for each receiver: none waits for another. */
export class Couriers {
  readonly #options: CourierOptions;
  readonly #couriers = new Map<string, Courier>();
  #gone: Promise<void> = Promise.resolve();

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /** These are the receivers from now on. What waits for one that is none any more stays, for the day that it comes back. */
  follow(receivers: readonly Receiver[]): void {
    const named = new Set(receivers.map(({ id }) => id));
    for (const [id, courier] of this.#couriers) {
      if (named.has(id)) continue;
      this.#couriers.delete(id);
      this.#gone = Promise.all([this.#gone, courier.close()]).then(() => undefined);
    }
    for (const receiver of receivers) {
      const known = this.#couriers.get(receiver.id);
      if (known !== undefined) known.receiver = receiver;
      else this.#open(receiver);
    }
  }

  /** Something was put for these. */
  poke(ids: ReadonlySet<string>): void {
    for (const id of ids) this.#couriers.get(id)?.poke();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#couriers.values()].map((courier) => courier.close()));
    await this.#gone;
  }

  #open(receiver: Receiver): void {
    const courier = new Courier(receiver, this.#options);
    this.#couriers.set(receiver.id, courier);
    courier.open();
  }
}
