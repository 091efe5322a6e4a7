import type { Environment } from '../../store/file/disk/environment.ts';
import type { DeadLetter, DeadLetters, QueueFigures } from '../../webhooks/message-queue.ts';
import { placeRange, stateKey } from './queue-keys.ts';
import { deadIn, stateIn } from './queue-rows.ts';
import type { ReplayWishes } from './replay-wishes.ts';

/** The most dead letters that are counted. */
const COUNT_MAX = 100_000;

/** The queues in a folder as another process sees them: it reads, and what is to be tried again it asks for. */
export class FileDeadLetters implements DeadLetters {
  readonly #environment: Environment;
  readonly #wishes: ReplayWishes;

  constructor(environment: Environment, wishes: ReplayWishes) {
    this.#environment = environment;
    this.#wishes = wishes;
  }

  async figures(receiver: string): Promise<QueueFigures> {
    this.#environment.refresh();
    const { count, gone } = stateIn(this.#environment.get(stateKey(receiver)));
    const dead = this.#environment.keys(placeRange('d', receiver, 0n), COUNT_MAX).length;
    return { waiting: count, dead, gone };
  }

  async dead(receiver: string, after: string | undefined, limit: number): Promise<readonly DeadLetter[]> {
    this.#environment.refresh();
    const keys = this.#environment.keys(placeRange('d', receiver, BigInt(after ?? 0)), limit);
    return keys.flatMap((key) => {
      const record = this.#environment.get(key);
      return record === undefined ? [] : [deadIn(key, record)];
    });
  }

  async replay(receiver: string, places: readonly string[]): Promise<void> {
    if (places.length > 0) await this.#wishes.make(receiver, places);
  }

  async close(): Promise<void> {
    await this.#environment.close();
  }
}
