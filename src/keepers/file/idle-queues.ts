import type { Environment } from '../../store/file/disk/environment.ts';
import { IDLE_KEEP_MS } from '../../webhooks/message-queue.ts';
import { STATE_RANGE, joinKey, placeRange, receiverOfState, stateKey } from './queue-keys.ts';
import type { QueueReader } from './queue-reader.ts';

/** How often queues of receivers that are none any more are looked for, in milliseconds. */
const LOOK_MS = 24 * 3_600_000;
/** How many rows of a letter go in one step. */
const STEP = 1000;
const RECEIVERS_MAX = 10_000;

export interface IdleQueueOptions {
  readonly environment: Environment;
  readonly reader: QueueReader;
  /** The wall clock. */
  readonly now: () => number;
  /** Whether a receiver is one now: its queue is kept, however long it was told nothing. */
  readonly isFollowed: (receiver: string) => boolean;
}

/** The queues of receivers that were told nothing for long, and are none any more. */
export class IdleQueues {
  readonly #options: IdleQueueOptions;
  #lookAt = Number.NEGATIVE_INFINITY;

  constructor(options: IdleQueueOptions) {
    this.#options = options;
  }

  /** Lets go of them where that is due. */
  async forgetWhereDue(): Promise<void> {
    if (this.#options.now() >= this.#lookAt) await this.forget();
  }

  async forget(): Promise<void> {
    const { environment, reader, now, isFollowed } = this.#options;
    this.#lookAt = now() + LOOK_MS;
    const receivers = environment.keys(STATE_RANGE, RECEIVERS_MAX).map(receiverOfState);
    for (const receiver of receivers) {
      if (isFollowed(receiver) || reader.state(receiver).putAt >= now() - IDLE_KEEP_MS) continue;
      await this.#letGo(receiver);
    }
  }

  async #letGo(receiver: string): Promise<void> {
    const { environment } = this.#options;
    for (let isLast = false; !isLast;) {
      const rows = (['q', 'd'] as const).flatMap((letter) =>
        environment.keys(placeRange(letter, receiver, 0n), STEP),
      );
      isLast = rows.length < STEP;
      const going = [...rows, ...(isLast ? [stateKey(receiver), joinKey(receiver)] : [])];
      await environment.write(going.map((key) => ({ key, value: null })));
      environment.refresh();
    }
  }
}
