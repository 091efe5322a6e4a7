import type { Archive } from '../record/archive.ts';
import { readEntry } from '../record/chain/entry-text.ts';
import { readId } from '../record/ids/sortable-id.ts';
import { sleep } from '../time/time.ts';
import type { Time } from '../time/time.ts';
import { Hand } from './hand.ts';
import type { InHand } from './hand.ts';
import type { MessageQueue } from './message-queue.ts';
import { bodyOf, gapMessage, webhookId } from './message.ts';
import type { CallReceiver, TryCause, TryOutcome } from './receiver-call.ts';
import type { Receiver } from './receiver.ts';
import { TRIES_MAX, waitAfter } from './retries.ts';
import { SealingKeys } from './sealing-keys.ts';

/** How many messages of a receiver a node has in hand. */
const HAND_MAX = 500;
/** How many messages a node sends to a receiver at a time. */
export const SENDING_MAX = 32;
/** The pause before a call to the store or the archive that failed is made again, in milliseconds. */
const PAUSE_MS = 1000;
/** How long calls that are under way at the end may go on, in milliseconds. */
const GRACE_MS = 250;

/** What became of a message, for counters and the log. */
export type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed'; readonly cause: TryCause; readonly why: string }
  /** The last try failed: it is a dead letter now. */
  | { readonly kind: 'dead'; readonly id: string; readonly cause: TryCause; readonly why: string };

export interface CourierOptions {
  readonly queue: MessageQueue;
  readonly archive: Pick<Archive, 'keys'>;
  readonly call: CallReceiver;
  readonly time: Time;
  /** How often the queue is looked at, and the lease renewed, in milliseconds. */
  readonly lookMs: number;
  /** How long a lease is relied on after the last look, in milliseconds; infinite where there is no other node. */
  readonly trustedMs: number;
  readonly onDelivery: (receiver: Receiver, delivery: Delivery) => void;
  /** Told how many wait at each look of the node that delivers, and of none by the others. */
  readonly onWaiting: (receiver: Receiver, count: number) => void;
}

/** Delivers to one receiver, in order for each subject, and tries again. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #hand = new Hand();
  readonly #keys: SealingKeys;
  readonly #ending = new AbortController();
  readonly #cut = new AbortController();
  readonly #sending = new Set<Promise<void>>();
  #receiver: Receiver;
  #wake = new AbortController();
  #lookAt = Number.NEGATIVE_INFINITY;
  /** Until when this node surely has the receiver for itself. */
  #heldUntil = Number.NEGATIVE_INFINITY;
  /** Whether more waits than was in hand after the last look. */
  #isMore = false;
  /** Whether the last try failed: then one at a time is made, until one does not. */
  #isFailing = false;
  #run: Promise<void> | undefined;

  constructor(receiver: Receiver, options: CourierOptions) {
    this.#receiver = receiver;
    this.#options = options;
    this.#keys = new SealingKeys(options.archive);
  }

  open(): void {
    this.#run = this.#loop();
  }

  /** The receiver has other keys or kinds by now. */
  set receiver(receiver: Receiver) {
    this.#receiver = receiver;
  }

  /** Something was put into the queue. */
  poke(): void {
    this.#lookAt = Number.NEGATIVE_INFINITY;
    this.#wake.abort();
  }

  /** Ends; what is not delivered stays in the queue for another node, at once. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#wake.abort();
    await this.#run;
    const { time, queue } = this.#options;
    await Promise.race([Promise.all(this.#sending), sleep(time, GRACE_MS, this.#cut.signal)]);
    this.#cut.abort();
    await Promise.all(this.#sending);
    await queue.release(this.#receiver.id).catch(() => undefined);
  }

  async #loop(): Promise<void> {
    const { time } = this.#options;
    while (!this.#ending.signal.aborted) {
      this.#wake = new AbortController();
      if (time.now() >= this.#lookAt) await this.#look();
      const nextAt = Math.min(this.#send(), this.#lookAt);
      await sleep(time, Math.max(0, nextAt - time.now()), this.#wake.signal);
    }
  }

  async #look(): Promise<void> {
    const { queue, time, lookMs, trustedMs, onWaiting } = this.#options;
    const askedAt = time.now();
    const { size, last: after } = this.#hand;
    this.#lookAt = askedAt + lookMs;
    try {
      const limit = HAND_MAX - size;
      const taken = await queue.take(this.#receiver.id, { limit, after, inHand: size > 0 });
      if (taken === undefined) {
        this.#hand.drop();
        onWaiting(this.#receiver, 0);
        return;
      }
      this.#heldUntil = askedAt + trustedMs;
      if (taken.anew) this.#hand.drop();
      this.#hand.add(taken.messages, time.now());
      this.#isMore = taken.waiting > this.#hand.size;
      onWaiting(this.#receiver, taken.waiting);
      if (taken.gap === undefined) return;
      await queue.fillGap(this.#receiver.id, taken.gap, gapMessage(taken.gap, time.wallNow()));
      this.#lookAt = askedAt;
    } catch {
      // The store is away: what is in hand goes on while the lease is surely ours.
    }
  }

  /** Sends what may be sent now. @returns when the next may be. */
  #send(): number {
    const now = this.#options.time.now();
    if (now >= this.#heldUntil) return Number.POSITIVE_INFINITY;
    const room = (this.#isFailing ? 1 : SENDING_MAX) - this.#sending.size;
    const { ready, nextAt } = this.#hand.due(now, room);
    for (const held of ready) {
      held.isSending = true;
      const sent = this.#try(held)
        .catch(() => this.#later(held, PAUSE_MS))
        .finally(() => {
          this.#sending.delete(sent);
          held.isSending = false;
          if (this.#isMore && this.#hand.size <= HAND_MAX / 2) this.poke();
          this.#wake.abort();
        });
      this.#sending.add(sent);
    }
    return nextAt;
  }

  /** @throws StoreUnavailable where what seals the message cannot be asked for. */
  async #try(held: InHand): Promise<void> {
    const { call, queue, onDelivery } = this.#options;
    const { message } = held;
    const entry = readEntry({ id: readId(message.id) ?? 0n, text: message.text });
    const key = entry.keyName === undefined ? undefined : await this.#keys.of(entry.keyName);
    // Keys may have been slow to come, and another node has the receiver by now.
    if (this.#options.time.now() >= this.#heldUntil) return;
    const receiver = this.#receiver;
    const sent = { id: webhookId(message), body: bodyOf(entry.told(key)) };
    const outcome = await call(receiver, sent, this.#cut.signal);
    if (outcome.kind !== 'ended') this.#isFailing = outcome.kind === 'failed';
    if (outcome.kind === 'failed') return await this.#failed(held, outcome);
    if (outcome.kind === 'ended') return;
    onDelivery(receiver, { kind: 'delivered' });
    await this.#until(() => queue.delivered(receiver.id, message.place));
    this.#hand.remove(held);
  }

  async #failed(held: InHand, { cause, why }: Extract<TryOutcome, { kind: 'failed' }>): Promise<void> {
    const { queue, onDelivery } = this.#options;
    const { place, id } = held.message;
    const receiver = this.#receiver;
    held.tries += 1;
    if (held.tries < TRIES_MAX) {
      onDelivery(receiver, { kind: 'failed', cause, why });
      this.#later(held, waitAfter(held.tries));
      await queue.tried(receiver.id, place, held.tries).catch(() => undefined);
      return;
    }
    onDelivery(receiver, { kind: 'dead', id, cause, why });
    await this.#until(() => queue.bury(receiver.id, place, held.tries, why));
    this.#hand.remove(held);
  }

  #later(held: InHand, ms: number): void {
    held.dueAt = this.#options.time.now() + ms;
  }

  /** Tries until it is done, or this node goes: an acknowledgement that is not written yet is worth a wait. */
  async #until(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (this.#ending.signal.aborted) throw error;
        await sleep(this.#options.time, PAUSE_MS, this.#ending.signal);
      }
    }
  }
}
