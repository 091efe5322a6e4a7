import { StoreUnavailable } from '../../store/event-store.ts';
import type { DiskRoom, Environment } from '../../store/file/disk/environment.ts';
import { decoded, encoded } from '../../store/file/record.ts';
import { DEAD_MAX, IDLE_KEEP_MS } from '../../webhooks/message-queue.ts';
import type {
  AddressedMessage,
  ChainMove,
  Gap,
  Message,
  MessageQueue,
  Taken,
  TakeOptions,
  WaitingMessage,
} from '../../webhooks/message-queue.ts';
import {
  BEGUN_KEY,
  READ_RANGE,
  STATE_RANGE,
  chainOfRead,
  placeKey,
  placeRange,
  readKey,
  receiverOfState,
  stateKey,
} from './queue-keys.ts';
import { added, byReceiver, removed, stateChange, written } from './queue-changes.ts';
import type { Change } from './queue-changes.ts';
import { bytesOf, deadIn, deadRow, stateIn, waitingIn, waitingRow } from './queue-rows.ts';
import type { QueueState } from './queue-rows.ts';
import type { ReplayWishes } from './replay-wishes.ts';

const NOTHING = Buffer.alloc(0);
/** How much of a queue goes where its bound is passed: an eighth, so that not every message pays for it. */
const KEPT_SHARE = 7 / 8;
/** How many rows are looked at, or go, in one step. */
const STEP = 1000;

export interface FileQueueOptions {
  /** The most that waits for one receiver, in bytes. */
  readonly bytesMax: number;
  /** The wall clock. */
  readonly now: () => number;
  /** Told of messages that were let go for that bound. */
  readonly onGone: (count: number) => void;
  /** How much of a disk stays free, in bytes: sign-ins need it more. */
  readonly freeMinOf: (room: DiskRoom) => number;
  /** Dead letters that an operator wants to be tried again. */
  readonly wishes: ReplayWishes;
}

/**
 * The queues in a folder, for the one process that delivers from it; others read it meanwhile. What is delivered is written with
 * whatever is written next, so that a commit carries several.
 */
export class FileQueue implements MessageQueue {
  readonly #environment: Environment;
  readonly #options: FileQueueOptions;
  #delivered: { readonly receiver: string; readonly place: bigint }[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(environment: Environment, options: FileQueueOptions) {
    this.#environment = environment;
    this.#options = options;
  }

  async read(): Promise<ReadonlyMap<number, number> | undefined> {
    this.#environment.refresh();
    if (this.#environment.get(BEGUN_KEY) === undefined) return undefined;
    const keys = this.#environment.keys(READ_RANGE, STEP * 10);
    return new Map(keys.map((key) => [chainOfRead(key), this.#linkAt(key)]));
  }

  begin(links: ReadonlyMap<number, number>): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#environment.get(BEGUN_KEY) !== undefined) return;
      const changes = [...links].map(([chain, link]) => ({ key: readKey(chain), value: encoded([link]) }));
      await this.#environment.write([...changes, { key: BEGUN_KEY, value: NOTHING }]);
    });
  }

  put(moves: readonly ChainMove[], messages: readonly AddressedMessage[]): Promise<boolean> {
    return this.#inTurn(async () => {
      if (moves.some(({ chain, from }) => this.#linkAt(readKey(chain)) !== from)) return false;
      await this.#checkRoom();
      const moved = moves.map(({ chain, to }): Change => ({ key: readKey(chain), value: encoded([to]) }));
      const groups = byReceiver(messages);
      const putAt = this.#options.now();
      const puts = [...groups].flatMap(([receiver, theirs]) => {
        const { changes, state } = added(receiver, this.#state(receiver), theirs);
        return [...changes, stateChange(receiver, { ...state, putAt })];
      });
      await this.#environment.write([...moved, ...puts]);
      for (const receiver of groups.keys()) await this.#keepBound(receiver);
      return true;
    });
  }

  take(receiver: string, { limit, after }: TakeOptions): Promise<Taken> {
    return this.#inTurn(async () => {
      await this.#replay(receiver);
      const range = placeRange('q', receiver, BigInt(after ?? 0));
      const keys = limit > 0 ? this.#environment.keys(range, limit) : [];
      const { gap, count } = this.#state(receiver);
      return {
        anew: after === undefined,
        messages: keys.flatMap((key) => this.#waiting(key)),
        gap: gap ?? undefined,
        waiting: count,
      };
    });
  }

  tried(receiver: string, place: string, tries: number): Promise<void> {
    return this.#inTurn(async () => {
      const key = placeKey('q', receiver, BigInt(place));
      const [waiting] = this.#waiting(key);
      if (waiting === undefined) return;
      await this.#environment.write([{ key, value: waitingRow(waiting, tries, this.#options.now()) }]);
    });
  }

  delivered(receiver: string, place: string): Promise<void> {
    this.#delivered.push({ receiver, place: BigInt(place) });
    return this.#inTurn(async () => {
      const gone = this.#delivered;
      this.#delivered = [];
      const changes = [...byReceiver(gone)].flatMap(([name, theirs]) => {
        const keys = theirs.map(({ place }) => placeKey('q', name, place));
        const there = keys.flatMap((key) => this.#waiting(key));
        return written(name, removed(name, this.#state(name), there));
      });
      try {
        if (changes.length > 0) await this.#environment.write(changes);
      } catch (error) {
        this.#delivered.unshift(...gone);
        throw error;
      }
    });
  }

  bury(receiver: string, place: string, tries: number, reason: string): Promise<void> {
    return this.#inTurn(async () => {
      const [waiting] = this.#waiting(placeKey('q', receiver, BigInt(place)));
      if (waiting === undefined) return;
      const value = deadRow(waiting, tries, reason, this.#options.now());
      const kept = this.#environment.keys(placeRange('d', receiver, 0n), 2 * DEAD_MAX);
      const over = kept.slice(0, Math.max(0, kept.length + 1 - DEAD_MAX));
      await this.#environment.write([
        ...written(receiver, removed(receiver, this.#state(receiver), [waiting])),
        ...over.map((key) => ({ key, value: null })),
        { key: placeKey('d', receiver, BigInt(place)), value },
      ]);
    });
  }

  fillGap(receiver: string, gap: Gap, message: Message): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#state(receiver);
      const { count, from, to } = before.gap ?? { count: 0, from: '', to: '' };
      if (count !== gap.count || from !== gap.from || to !== gap.to) return;
      await this.#environment.write(written(receiver, added(receiver, { ...before, gap: null }, [message])));
    });
  }

  /** Nobody else delivers from a folder. */
  release(): Promise<void> {
    return Promise.resolve();
  }

  /** Lets go of the queues of receivers that were told nothing for long. */
  forgetIdle(): Promise<void> {
    return this.#inTurn(async () => {
      const idleSince = this.#options.now() - IDLE_KEEP_MS;
      for (const key of this.#environment.keys(STATE_RANGE, STEP)) {
        const receiver = receiverOfState(key);
        if (this.#state(receiver).putAt >= idleSince) continue;
        const rows = (['q', 'd'] as const).flatMap((letter) =>
          this.#environment.keys(placeRange(letter, receiver, 0n), STEP),
        );
        const isLast = rows.length < STEP;
        await this.#environment.write(
          [...rows, ...(isLast ? [key] : [])].map((each) => ({ key: each, value: null })),
        );
      }
    });
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#environment.close();
  }

  async #replay(receiver: string): Promise<void> {
    const wished = await this.#options.wishes.of(receiver);
    if (wished.length === 0) return;
    const keys = [...new Set(wished.flatMap(({ places }) => places))].map((place) =>
      placeKey('d', receiver, BigInt(place)),
    );
    const letters = keys.flatMap((key) => {
      const record = this.#environment.get(key);
      return record === undefined ? [] : [deadIn(key, record)];
    });
    const again = added(receiver, this.#state(receiver), letters);
    const gone = keys.map((key) => ({ key, value: null }));
    await this.#environment.write([...written(receiver, again), ...gone]);
    await this.#options.wishes.grant(wished);
  }

  async #keepBound(receiver: string): Promise<void> {
    const { bytesMax, onGone } = this.#options;
    while (this.#state(receiver).bytes > bytesMax) {
      const going: WaitingMessage[] = [];
      let left = this.#state(receiver).bytes;
      for (const key of this.#environment.keys(placeRange('q', receiver, 0n), STEP)) {
        if (left <= bytesMax * KEPT_SHARE) break;
        for (const waiting of this.#waiting(key)) {
          left -= bytesOf(waiting);
          going.push(waiting);
        }
      }
      const [first, last] = [going[0], going.at(-1)];
      if (first === undefined || last === undefined) return;
      const { changes, state } = removed(receiver, this.#state(receiver), going);
      const gap = {
        count: (state.gap?.count ?? 0) + going.length,
        from: state.gap?.from ?? first.id,
        to: last.id,
      };
      const next = { ...state, gap, gone: state.gone + going.length };
      await this.#environment.write([...changes, stateChange(receiver, next)]);
      this.#environment.refresh();
      onGone(going.length);
    }
  }

  async #checkRoom(): Promise<void> {
    const room = await this.#environment.room();
    if (room.freeBytes >= this.#options.freeMinOf(room)) return;
    throw new StoreUnavailable('what is left of the disk is for sign-ins, and webhooks wait in the record');
  }

  #waiting(key: Buffer): WaitingMessage[] {
    const record = this.#environment.get(key);
    return record === undefined ? [] : [waitingIn(key, record, this.#options.now())];
  }

  #linkAt(key: Buffer): number {
    const record = this.#environment.get(key);
    return record === undefined ? 0 : (decoded(record).fields as readonly [number])[0];
  }

  #state(receiver: string): QueueState {
    return stateIn(this.#environment.get(stateKey(receiver)));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => {
      this.#environment.refresh();
      return work();
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
