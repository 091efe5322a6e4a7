import type { Archive, Kept } from '../record/archive.ts';
import type { Facts } from '../record/entry/entry.ts';
import type { Time } from '../time/time.ts';
import type { AddressedMessage, ChainMove, MessageQueue } from './message-queue.ts';
import { lostMessage, messageOf } from './message.ts';
import { wants } from './receiver.ts';
import type { Receiver } from './receiver.ts';

/** How many events are read in one step at most, and about how many messages are put, so that it stays short however many receivers there are. */
const STEP = 200;

export interface FanOutOptions {
  readonly archive: Pick<Archive, 'chains' | 'head' | 'floor' | 'links'>;
  readonly queue: Pick<MessageQueue, 'read' | 'begin' | 'put'>;
  readonly receivers: () => readonly Receiver[];
  readonly time: Pick<Time, 'wallNow'>;
  /** Told of receivers for whom something was put. */
  readonly onPut: (receivers: ReadonlySet<string>) => void;
  /** Told of audit events that the record let go before they were read for receivers. @param count undefined: nobody knows. */
  readonly onLost: (count: number | undefined) => void;
}

/** What one step read. */
interface ReadStep {
  readonly moves: ChainMove[];
  readonly told: { readonly kept: Kept; readonly messages: readonly AddressedMessage[] }[];
  /** How many messages that are. */
  count: number;
  /** How many events the record let go before they were read. */
  lost: number;
  /** A chain ends before the link that was read last: it is another one than it was. */
  isAnew: boolean;
  /** Nothing is left behind it. */
  isAll: boolean;
}

/**
 * Reads the record, chain by chain, and puts a message into the queue of each receiver that wants it. How far it read stands beside
 * the queues and moves with them: whoever reads, and whenever it is killed, each event is put once.
 */
export class FanOut {
  readonly #options: FanOutOptions;
  #looking: Promise<void> | undefined;
  #isEnding = false;

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

  /** Ends once the step that is under way is done. What is not read by then is read by whoever looks next. */
  async close(): Promise<void> {
    this.#isEnding = true;
    await this.#looking?.catch(() => undefined);
  }

  async #look(): Promise<void> {
    const { queue } = this.#options;
    for (let isAll = false; !isAll && !this.#isEnding;) {
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
    const step: ReadStep = { moves: [], told: [], count: 0, lost: 0, isAnew: false, isAll: true };
    for (const chain of await archive.chains()) await this.#read(chain, read.get(chain) ?? 0, step);
    if (step.moves.length === 0) return step.isAll;
    const inOrder = step.told.toSorted((one, other) => byId(one.kept, other.kept));
    const messages = inOrder.flatMap((one) => one.messages);
    const isLost = step.lost > 0 || step.isAnew;
    const lost = step.isAnew ? undefined : step.lost;
    if (isLost) {
      const message = lostMessage(lost, inOrder[0]?.kept.id ?? 0n, time.wallNow());
      messages.unshift(...told.map(({ id }) => ({ ...message, receiver: id })));
    }
    if (await queue.put(step.moves, messages)) {
      if (isLost) onLost(lost);
      onPut(new Set(messages.map(({ receiver }) => receiver)));
    }
    return step.isAll;
  }

  /** Reads what a chain holds behind a link, as far as the step has room. */
  async #read(chain: number, at: number, step: ReadStep): Promise<void> {
    const { archive, receivers } = this.#options;
    const { link: head } = await archive.head(chain);
    if (head === at) return;
    const room = STEP - Math.max(step.told.length, step.count);
    if (room <= 0) {
      step.isAll = false;
      return;
    }
    const isAnew = head < at;
    const from = isAnew ? 0 : at;
    let to: number | undefined;
    for (const kept of await archive.links(chain, from + 1, room)) {
      if (step.count >= STEP) break;
      const messages = addressed(kept, receivers());
      step.told.push({ kept, messages });
      step.count += messages.length;
      to = kept.link;
    }
    if (to === undefined) return;
    step.moves.push({ chain, from: at, to });
    step.lost += Math.max(0, ((await archive.floor(chain))?.link ?? 0) - from);
    step.isAnew ||= isAnew;
    step.isAll &&= to >= head;
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
