import type { RecordCalls } from '../../store/redis/outbox/record-calls.ts';
import type { DeadLetter, DeadLetters, QueueFigures } from '../../webhooks/message-queue.ts';
import { receiverKeys } from './queue-keys.ts';
import { DEAD, FIGURES, REPLAY } from './queue-scripts.ts';

/** How many dead letters go into a queue again in one step. */
const STEP = 100;

export interface RedisDeadLettersOptions {
  readonly calls: RecordCalls;
  /** A number of so many that two steps hardly draw the same; decimal, up to 64 bits. */
  readonly nonce: () => string;
}

type Entry = readonly [place: string, fields: readonly string[]];

/** The queues on the Redis of the store as an operator sees them, whoever delivers. */
export class RedisDeadLetters implements DeadLetters {
  readonly #options: RedisDeadLettersOptions;

  constructor(options: RedisDeadLettersOptions) {
    this.#options = options;
  }

  async figures(receiver: string): Promise<QueueFigures> {
    const reply = await this.#options.calls.askOn([receiverKeys(receiver).state], FIGURES);
    const [waiting, dead, gone] = (reply as readonly (string | null)[]).map(Number);
    return { waiting: waiting ?? 0, dead: dead ?? 0, gone: gone ?? 0 };
  }

  async dead(receiver: string, after: string | undefined, limit: number): Promise<readonly DeadLetter[]> {
    const from = after === undefined ? '-' : `(${after}`;
    const reply = await this.#options.calls.askOn([receiverKeys(receiver).dead], DEAD, from, limit);
    return (reply as readonly Entry[]).map(letterIn);
  }

  async replay(receiver: string, places: readonly string[]): Promise<void> {
    const { state, queue, dead } = receiverKeys(receiver);
    const { calls, nonce } = this.#options;
    for (let at = 0; at < places.length; at += STEP)
      await calls.changeOn([state, queue, dead], REPLAY, nonce(), ...places.slice(at, at + STEP));
  }

  /** The connections are the store's. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

function letterIn([place, fields]: Entry): DeadLetter {
  const [, id = '', , subject = '', , text = '', , tries, , reason = ''] = fields;
  return { place, id, subject, text, tries: Number(tries), reason, at: Number.parseInt(place, 10) };
}
