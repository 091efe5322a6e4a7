import type { Kept } from '../record/archive.ts';
import type { Links, MessageQueue } from './message-queue.ts';
import type { Receiver } from './receiver.ts';

export interface NewcomersOptions {
  readonly queue: Pick<MessageQueue, 'joined' | 'join'>;
  /** Where each chain of the record ends. */
  readonly heads: () => Promise<Links>;
}

/** Behind which links of the record each receiver is told: one that joins hears of what is kept from then on, whenever it is read. */
export class Newcomers {
  readonly #options: NewcomersOptions;
  readonly #joined = new Map<string, Links>();

  constructor(options: NewcomersOptions) {
    this.#options = options;
  }

  /** Those of them who are new join where the record stands now. @param read how far it was read. @throws StoreUnavailable */
  async welcome(receivers: readonly Receiver[], read: Links): Promise<void> {
    const { queue, heads } = this.#options;
    const unknown = receivers.map(({ id }) => id).filter((id) => !this.#joined.has(id));
    if (unknown.length === 0) return;
    const found = await queue.joined(unknown);
    for (const [id, links] of found) this.#joined.set(id, links);
    const fresh = unknown.filter((id) => !found.has(id));
    if (fresh.length === 0) return;
    // What is read already is told to nobody again.
    const links = new Map([...(await heads())].filter(([chain, link]) => link > (read.get(chain) ?? 0)));
    await queue.join(fresh, links);
    // Another node may have had one of them join before.
    for (const [id, theirs] of await queue.joined(fresh)) this.#joined.set(id, theirs);
  }

  /** Whether a link of a chain is of the time since a receiver joined. */
  isSince({ id }: Pick<Receiver, 'id'>, { chain, link }: Pick<Kept, 'chain' | 'link'>): boolean {
    return link > (this.#joined.get(id)?.get(chain) ?? 0);
  }

  /** The record or the queues began anew: who joined is asked for again. */
  forget(): void {
    this.#joined.clear();
  }
}
