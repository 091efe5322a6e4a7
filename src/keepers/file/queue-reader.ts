import type { Environment } from '../../store/file/disk/environment.ts';
import { decoded } from '../../store/file/record.ts';
import type { Links, WaitingMessage } from '../../webhooks/message-queue.ts';
import { joinKey, stateKey } from './queue-keys.ts';
import { joinIn, stateIn, waitingIn } from './queue-rows.ts';
import type { QueueState } from './queue-rows.ts';

/** What stands in the file of the queues, as of the environment's last refresh. */
export class QueueReader {
  readonly #environment: Environment;
  readonly #now: () => number;

  /** @param now the wall clock. */
  constructor(environment: Environment, now: () => number) {
    this.#environment = environment;
    this.#now = now;
  }

  /** Whether somebody put something for a receiver, or had it join. */
  isKnown(receiver: string): boolean {
    return this.#environment.get(stateKey(receiver)) !== undefined;
  }

  /** Behind which links a receiver is told. */
  joined(receiver: string): Links {
    return joinIn(this.#environment.get(joinKey(receiver)));
  }

  state(receiver: string): QueueState {
    return stateIn(this.#environment.get(stateKey(receiver)));
  }

  /** The message of a key; nothing where it has gone. */
  waiting(key: Buffer): WaitingMessage[] {
    const record = this.#environment.get(key);
    return record === undefined ? [] : [waitingIn(key, record, this.#now())];
  }

  /** How far the chain of a key was read; 0 where it was not. */
  linkAt(key: Buffer): number {
    const record = this.#environment.get(key);
    return record === undefined ? 0 : (decoded(record).fields as readonly [number])[0];
  }
}
