import type { WaitingMessage } from './message-queue.ts';
import { waitAfter } from './retries.ts';

/** A message that this node has in hand. */
export interface InHand {
  readonly message: WaitingMessage;
  tries: number;
  /** When it may be tried next, by the monotonic clock. */
  dueAt: number;
  isSending: boolean;
}

/** The messages of one receiver that this node has in hand, in the order of the queue. */
export class Hand {
  readonly #held = new Map<string, InHand>();
  #last: string | undefined;

  get size(): number {
    return this.#held.size;
  }

  /** The last place that was taken up; undefined where nothing is in hand, and the queue is to be read from its beginning. */
  get last(): string | undefined {
    return this.#held.size === 0 ? undefined : this.#last;
  }

  /** Takes messages up, once each. */
  add(messages: readonly WaitingMessage[], now: number): void {
    for (const message of messages) {
      const { place, tries, triedAgoMs } = message;
      this.#last = place;
      if (this.#held.has(place)) continue;
      const dueAt = now + Math.max(0, waitAfter(tries) - triedAgoMs);
      this.#held.set(place, { message, tries, dueAt, isSending: false });
    }
  }

  /** Lets go of what is not being sent: another node may have it. */
  drop(): void {
    for (const [place, { isSending }] of this.#held) if (!isSending) this.#held.delete(place);
  }

  remove({ message }: InHand): void {
    this.#held.delete(message.place);
  }

  /** What may be sent: the first of each subject that is due, at most `limit`; and, where that is all, when the next of the others is. */
  due(now: number, limit: number): { readonly ready: readonly InHand[]; readonly nextAt: number } {
    const subjects = new Set<string>();
    const ready: InHand[] = [];
    let nextAt = Number.POSITIVE_INFINITY;
    for (const held of this.#held.values()) {
      // Whoever is sent ends, and it is looked again: most of what is in hand need not be gone through for that.
      if (ready.length >= limit) return { ready, nextAt: Number.POSITIVE_INFINITY };
      const { subject } = held.message;
      if (subjects.has(subject)) continue;
      subjects.add(subject);
      if (held.isSending) continue;
      if (held.dueAt > now) nextAt = Math.min(nextAt, held.dueAt);
      else ready.push(held);
    }
    return { ready, nextAt };
  }
}
