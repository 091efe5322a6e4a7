import type { Archive, Kept } from '../record/archive.ts';
import type { Facts } from '../record/entry/entry.ts';
import type { Time } from '../time/time.ts';
import type { AddressedMessage, ChainMove, MessageQueue } from './message-queue.ts';
import { lostMessage, messageOf } from './message.ts';
import { wants } from './receiver.ts';
import type { Receiver } from './receiver.ts';

/** How many messages are put in one step at most, so that a step stays short however many receivers there are. */
const STEP = 200;

export interface FanOutOptions {
  readonly archive: Pick<Archive, 'chains' | 'head' | 'floor' | 'links'>;
  readonly queue: Pick<MessageQueue, 'read' | 'begin' | 'put'>;
  readonly receivers: () => readonly Receiver[];
  readonly time: Pick<Time, 'wallNow'>;
  /** Told of receivers for whom something was put. */
  readonly onPut: (receivers: ReadonlySet<string>) => void;
  /** Told of audit events that the record let go before they were read for receivers. */
  readonly onLost: (count: number) => void;
}

/**
 * Reads the record, chain by chain, and puts a message into the queue of each receiver that wants it. How far it read stands beside
 * the queues and moves with them: whoever reads, and whenever it is killed, each event is put once.
 */
export class FanOut {
  readonly #options: FanOutOptions;
  #looking: Promise<void> | undefined;

  constructor(options: FanOutOptions) {
    this.#options = options;
  }

  /** Puts all that the record holds by now. @throws StoreUnavailable */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /** Takes note of where the record stands, so that a first receiver is told what happens from now on. @throws StoreUnavailable */
  async begin(): Promise<void> {
    const { archive, queue } = this.#options;
    if ((await queue.read()) !== undefined) return;
    const links = new Map<number, number>();
    for (const chain of await archive.chains()) links.set(chain, (await archive.head(chain)).link);
    await queue.begin(links);
  }

  async #look(): Promise<void> {
    const { queue } = this.#options;
    for (let isAll = false; !isAll;) {
      const read = await queue.read();
      if (read === undefined) {
        await this.begin();
        continue;
      }
      isAll = await this.#step(read);
    }
  }

  /** One step; true: nothing is left. */
  async #step(read: ReadonlyMap<number, number>): Promise<boolean> {
    const { archive, queue, receivers, time, onPut, onLost } = this.#options;
    const told = receivers();
    const limit = Math.max(1, Math.floor(STEP / Math.max(1, told.length)));
    const entries: Kept[] = [];
    const moves: ChainMove[] = [];
    let lost = 0;
    for (const chain of await archive.chains()) {
      const from = read.get(chain) ?? 0;
      const found = await archive.links(chain, from + 1, limit - entries.length);
      const last = found.at(-1);
      if (last === undefined) continue;
      const floor = (await archive.floor(chain))?.link ?? 0;
      lost += Math.max(0, floor - from);
      entries.push(...found);
      moves.push({ chain, from, to: last.link });
      if (entries.length >= limit) break;
    }
    if (moves.length === 0) return true;
    const messages = entries.toSorted(byId).flatMap((kept) => addressed(kept, told));
    if (lost > 0) {
      const message = lostMessage(lost, entries, time.wallNow());
      messages.unshift(...told.map(({ id }) => ({ ...message, receiver: id })));
    }
    if (await queue.put(moves, messages)) {
      if (lost > 0) onLost(lost);
      onPut(new Set(messages.map(({ receiver }) => receiver)));
    }
    return entries.length < limit;
  }
}

function addressed(kept: Kept, receivers: readonly Receiver[]): AddressedMessage[] {
  const facts = JSON.parse(kept.text) as Facts;
  const message = messageOf(kept, facts);
  return receivers.filter((one) => wants(one, facts)).map(({ id }) => ({ ...message, receiver: id }));
}

// Of one ticket, the sign-in and its session stand in chains of their own.
function byId(one: Kept, other: Kept): number {
  return one.id < other.id ? -1 : Number(one.id > other.id);
}
