import type { Archive, Kept } from '../record/archive.ts';
import type { Facts } from '../record/entry/entry.ts';
import { idOf } from '../record/ids/sortable-id.ts';
import type { Time } from '../time/time.ts';
import type { AddressedMessage, Links, MessageQueue } from './message-queue.ts';
import { lostMessage, messageOf } from './message.ts';
import { Newcomers } from './newcomers.ts';
import { wants } from './receiver.ts';
import type { Receiver } from './receiver.ts';

/** How many events are read in one step at most, and about how many messages are put, so that it stays short however many receivers there are. */
const STEP = 200;

export interface FanOutOptions {
  readonly archive: Pick<Archive, 'heads' | 'links'>;
  readonly queue: Pick<MessageQueue, 'read' | 'begin' | 'joined' | 'join' | 'put'>;
  readonly receivers: () => readonly Receiver[];
  readonly time: Pick<Time, 'wallNow'>;
  /** Told of receivers for whom something was put. */
  readonly onPut: (receivers: ReadonlySet<string>) => void;
  /** Told of audit events that the record let go before they were read for receivers. @param count undefined: nobody knows. */
  readonly onLost: (count: number | undefined) => void;
}

/** What one step reads of a chain. */
interface ChainRead {
  readonly chain: number;
  /** The link that was read last before. */
  readonly at: number;
  /** It ends before that link: it is another chain than it was. */
  readonly isAnew: boolean;
  readonly head: number;
  readonly kept: readonly Kept[];
}

/** An entry, and the greatest id of its chain up to it in this step: of no chain a later one goes before an earlier one. */
interface Step {
  readonly kept: Kept;
  readonly upTo: bigint;
  /** Its chain began anew. */
  readonly isAnew: boolean;
}

/**
 * Reads the record, chain by chain, and puts a message into the queue of each receiver that wants it. How far it read stands beside
 * the queues and moves with them: whoever reads, and whenever it is killed, each event is put once.
 */
export class FanOut {
  readonly #options: FanOutOptions;
  readonly #newcomers: Newcomers;
  #looking: Promise<void> | undefined;
  #isEnding = false;
  /** Whether it knows how far it read: where nobody does any more, the queues were lost. */
  #hasRead = false;

  constructor(options: FanOutOptions) {
    this.#options = options;
    this.#newcomers = new Newcomers({ queue: options.queue, heads: () => this.#heads() });
  }

  /** Puts all that the record holds by now. @throws StoreUnavailable */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /** Takes note of where the record stands, so that receivers who are new are told what happens from now on. @throws StoreUnavailable */
  async begin(): Promise<void> {
    const { queue, receivers } = this.#options;
    if ((await queue.read()) === undefined) await queue.begin(await this.#heads());
    await this.#newcomers.welcome(receivers(), (await queue.read()) ?? new Map());
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
        this.#newcomers.forget();
        if (this.#hasRead) await this.#tellLost();
        await this.begin();
        this.#hasRead = false;
        continue;
      }
      this.#hasRead = true;
      isAll = await this.#step(read);
    }
  }

  /** What waited, and what was not read by then, may never be told. */
  async #tellLost(): Promise<void> {
    const { queue, receivers, time, onPut, onLost } = this.#options;
    const nowMs = time.wallNow();
    const message = lostMessage(undefined, idOf(nowMs, 0), nowMs);
    const messages = receivers().map(({ id }) => ({ ...message, receiver: id }));
    await queue.put([], messages);
    onLost(undefined);
    onPut(new Set(messages.map(({ receiver }) => receiver)));
  }

  /** One step; true: nothing is left. */
  async #step(read: ReadonlyMap<number, number>): Promise<boolean> {
    const { queue, receivers, time, onPut, onLost } = this.#options;
    const told = receivers();
    await this.#newcomers.welcome(told, read);
    const reads = await this.#reads(read);
    const { messages, taken, firstId } = within(stepsOf(reads), (kept) => this.#addressed(kept, told));
    const moved = reads.filter(({ chain }) => taken.has(chain));
    if (moved.length === 0) return true;
    const moves = moved.map(({ chain, at }) => ({ chain, from: at, to: taken.get(chain) ?? at }));
    const isAnew = moved.some((one) => one.isAnew);
    const lost = moved.reduce((sum, one) => sum + lostBefore(one), 0);
    const isLost = lost > 0 || isAnew;
    const count = isAnew ? undefined : lost;
    if (isLost) {
      const message = lostMessage(count, firstId, time.wallNow());
      const concerned = told.filter((one) => isAnew || this.#isOfAll(one, moved));
      messages.unshift(...concerned.map(({ id }) => ({ ...message, receiver: id })));
    }
    if (await queue.put(moves, messages)) {
      if (isAnew) this.#newcomers.forget();
      if (isLost) onLost(count);
      onPut(new Set(messages.map(({ receiver }) => receiver)));
    }
    return reads.every(({ chain, head, kept }) => kept.length === 0 || (taken.get(chain) ?? 0) >= head);
  }

  async #heads(): Promise<Links> {
    const heads = await this.#options.archive.heads();
    return new Map([...heads].map(([chain, { link }]) => [chain, link]));
  }

  /** Where a chain began anew, what it holds is told to all: its links are none of those behind which somebody joined. */
  #addressed({ kept, isAnew }: Step, receivers: readonly Receiver[]): AddressedMessage[] {
    const facts = JSON.parse(kept.text) as Facts;
    const message = messageOf(kept, facts);
    return receivers
      .filter((one) => wants(one, facts) && (isAnew || this.#newcomers.isSince(one, kept)))
      .map(({ id }) => ({ ...message, receiver: id }));
  }

  /** Whether a receiver is told all that is read of one of these chains: it was there before what it may have missed. */
  #isOfAll(receiver: Receiver, reads: readonly ChainRead[]): boolean {
    return reads.some(({ chain, at }) => this.#newcomers.isSince(receiver, { chain, link: at + 1 }));
  }

  /** Reads what chains hold behind links, of each its share. */
  async #reads(read: ReadonlyMap<number, number>): Promise<readonly ChainRead[]> {
    const { archive } = this.#options;
    const behind: { chain: number; at: number; head: number }[] = [];
    for (const [chain, { link: head }] of await archive.heads()) {
      const at = read.get(chain) ?? 0;
      if (head !== at) behind.push({ chain, at, head });
    }
    const share = Math.ceil(STEP / behind.length);
    const reads: ChainRead[] = [];
    for (const { chain, at, head } of behind) {
      const isAnew = head < at;
      const kept = await archive.links(chain, (isAnew ? 0 : at) + 1, share);
      reads.push({ chain, at, isAnew, head, kept });
    }
    return reads;
  }
}

/** How many events of a chain the record let go before they were read: a chain has no gaps, but that its low end went. */
function lostBefore({ at, isAnew, kept: [first] }: ChainRead): number {
  return first === undefined ? 0 : first.link - 1 - (isAnew ? 0 : at);
}

/**
 * What may be told now, the oldest first: nothing that is younger than what a chain still holds behind what was read of it. For of one
 * ticket, the sign-in and its session stand in chains of their own.
 */
function stepsOf(reads: readonly ChainRead[]): readonly Step[] {
  const chains = reads.map(({ head, kept, isAnew }) => {
    let upTo = 0n;
    const steps = kept.map((one) => ({ kept: one, upTo: (upTo = one.id > upTo ? one.id : upTo), isAnew }));
    return { steps, end: (kept.at(-1)?.link ?? head) < head ? upTo : undefined };
  });
  const ends = chains.map(({ end }) => end).filter((end) => end !== undefined);
  return chains
    .flatMap(({ steps }) => steps)
    .filter(({ upTo }) => ends.every((end) => upTo <= end))
    .toSorted((one, other) => compare(one.upTo, other.upTo));
}

/** Messages of as many of these as one step puts, and how far each chain is read by it. */
function within(steps: readonly Step[], addressed: (step: Step) => readonly AddressedMessage[]) {
  const taken = new Map<number, number>();
  const told: { readonly kept: Kept; readonly messages: readonly AddressedMessage[] }[] = [];
  let count = 0;
  for (const step of steps) {
    if (count >= STEP) break;
    const { kept } = step;
    const messages = addressed(step);
    told.push({ kept, messages });
    count += messages.length;
    taken.set(kept.chain, kept.link);
  }
  const inOrder = told.toSorted((one, other) => compare(one.kept.id, other.kept.id));
  return { taken, messages: inOrder.flatMap((one) => one.messages), firstId: inOrder[0]?.kept.id ?? 0n };
}

function compare(one: bigint, other: bigint): number {
  return one < other ? -1 : Number(one > other);
}
