import { StoreUnavailable } from '../../store/event-store.ts';
import type { DiskRoom, Environment } from '../../store/file/disk/environment.ts';
import { encoded } from '../../store/file/record.ts';
import { byReceiver } from '../../webhooks/by-receiver.ts';
import { DEAD_MAX } from '../../webhooks/message-queue.ts';
import type {
  AddressedMessage,
  ChainMove,
  Gap,
  Links,
  Message,
  MessageQueue,
  Taken,
  TakeOptions,
  WaitingMessage,
} from '../../webhooks/message-queue.ts';
import { DeliveryNews } from './delivery-news.ts';
import type { News } from './delivery-news.ts';
import { IdleQueues } from './idle-queues.ts';
import {
  BEGUN_KEY,
  JOIN_RANGE,
  READ_RANGE,
  chainOfRead,
  joinKey,
  placeKey,
  placeRange,
  readKey,
} from './queue-keys.ts';
import { added, gapOver, removed, stateChange, written } from './queue-changes.ts';
import type { Change } from './queue-changes.ts';
import { QueueReader } from './queue-reader.ts';
import { FRESH, bytesOf, deadIn, deadRow, joinRow } from './queue-rows.ts';
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
  /** Whether a receiver is one now: its queue is kept, however long it was told nothing. */
  readonly isFollowed: (receiver: string) => boolean;
  /** How much of a disk stays free, in bytes: sign-ins need it more. */
  readonly freeMinOf: (room: DiskRoom) => number;
  /** Dead letters that an operator wants to be tried again. */
  readonly wishes: ReplayWishes;
}

/**
 * The queues in a folder, for the one process that delivers from it; others read it meanwhile. What became of messages while a
 * commit is under way is written in the next one, all of it.
 */
export class FileQueue implements MessageQueue {
  readonly #environment: Environment;
  readonly #options: FileQueueOptions;
  readonly #reader: QueueReader;
  readonly #idle: IdleQueues;
  readonly #news = new DeliveryNews();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(environment: Environment, options: FileQueueOptions) {
    this.#environment = environment;
    this.#options = options;
    this.#reader = new QueueReader(environment, options.now);
    this.#idle = new IdleQueues({ environment, reader: this.#reader, ...options });
  }

  async read(): Promise<Links | undefined> {
    this.#environment.refresh();
    if (this.#environment.get(BEGUN_KEY) === undefined) return undefined;
    const keys = this.#environment.keys(READ_RANGE, STEP * 10);
    return new Map(keys.map((key) => [chainOfRead(key), this.#reader.linkAt(key)]));
  }

  begin(links: Links): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#environment.get(BEGUN_KEY) !== undefined) return;
      const changes = [...links].map(([chain, link]) => ({ key: readKey(chain), value: encoded([link]) }));
      await this.#environment.write([...changes, { key: BEGUN_KEY, value: NOTHING }]);
    });
  }

  async joined(receivers: readonly string[]): Promise<ReadonlyMap<string, Links>> {
    this.#environment.refresh();
    const known = receivers.filter((receiver) => this.#reader.isKnown(receiver));
    return new Map(known.map((receiver) => [receiver, this.#reader.joined(receiver)]));
  }

  join(receivers: readonly string[], links: Links): Promise<void> {
    return this.#inTurn(async () => {
      const putAt = this.#options.now();
      const changes = receivers
        .filter((receiver) => !this.#reader.isKnown(receiver))
        .flatMap((receiver) => [
          stateChange(receiver, { ...FRESH, putAt }),
          ...(links.size === 0 ? [] : [{ key: joinKey(receiver), value: joinRow(links) }]),
        ]);
      if (changes.length > 0) await this.#environment.write(changes);
    });
  }

  put(moves: readonly ChainMove[], messages: readonly AddressedMessage[]): Promise<boolean> {
    return this.#inTurn(async () => {
      if (moves.some(({ chain, from }) => this.#reader.linkAt(readKey(chain)) !== from)) return false;
      await this.#idle.forgetWhereDue();
      await this.#checkRoom();
      const moved = moves.map(({ chain, to }): Change => ({ key: readKey(chain), value: encoded([to]) }));
      const groups = byReceiver(messages);
      const putAt = this.#options.now();
      const puts = [...groups].flatMap(([receiver, theirs]) => {
        const { changes, state } = added(receiver, this.#reader.state(receiver), theirs);
        return [...changes, stateChange(receiver, { ...state, putAt })];
      });
      const isAnew = moves.some(({ from, to }) => to < from);
      const unjoined = isAnew ? this.#environment.keys(JOIN_RANGE, STEP * 10) : [];
      await this.#environment.write([...moved, ...unjoined.map((key) => ({ key, value: null })), ...puts]);
      for (const receiver of groups.keys()) await this.#keepBound(receiver);
      return true;
    });
  }

  take(receiver: string, { limit, after }: TakeOptions): Promise<Taken> {
    return this.#inTurn(async () => {
      await this.#replay(receiver);
      const range = placeRange('q', receiver, BigInt(after ?? 0));
      const keys = limit > 0 ? this.#environment.keys(range, limit) : [];
      const { gap, count } = this.#reader.state(receiver);
      return {
        anew: after === undefined,
        messages: keys.flatMap((key) => this.#reader.waiting(key)),
        gap: gap ?? undefined,
        waiting: count,
      };
    });
  }

  tried(receiver: string, place: string, tries: number): Promise<void> {
    return this.#note({ receiver, place, tries });
  }

  delivered(receiver: string, place: string): Promise<void> {
    return this.#note({ receiver, place, tries: undefined });
  }

  bury(receiver: string, place: string, tries: number, reason: string): Promise<void> {
    return this.#inTurn(async () => {
      const [waiting] = this.#reader.waiting(placeKey('q', receiver, BigInt(place)));
      if (waiting === undefined) return;
      const value = deadRow(waiting, tries, reason, this.#options.now());
      const kept = this.#environment.keys(placeRange('d', receiver, 0n), 2 * DEAD_MAX);
      const over = kept.slice(0, Math.max(0, kept.length + 1 - DEAD_MAX));
      await this.#environment.write([
        ...written(receiver, removed(receiver, this.#reader.state(receiver), [waiting])),
        ...over.map((key) => ({ key, value: null })),
        { key: placeKey('d', receiver, BigInt(place)), value },
      ]);
    });
  }

  fillGap(receiver: string, gap: Gap, message: Message): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#reader.state(receiver);
      const { count, from, to } = before.gap ?? { count: 0, from: '', to: '' };
      if (count !== gap.count || from !== gap.from || to !== gap.to) return;
      await this.#environment.write(written(receiver, added(receiver, { ...before, gap: null }, [message])));
    });
  }

  /** Nobody else delivers from a folder. */
  release(): Promise<void> {
    return Promise.resolve();
  }

  /** Lets go of the queues of receivers that were told nothing for long, and are none any more. */
  forgetIdle(): Promise<void> {
    return this.#inTurn(() => this.#idle.forget());
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#environment.close();
  }

  #note(one: News): Promise<void> {
    this.#news.add(one);
    return this.#inTurn(() =>
      this.#news.write(this.#reader, this.#options.now(), (changes) => this.#environment.write(changes)),
    );
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
    const again = added(receiver, this.#reader.state(receiver), letters);
    const gone = keys.map((key) => ({ key, value: null }));
    await this.#environment.write([...written(receiver, again), ...gone]);
    await this.#options.wishes.grant(wished);
  }

  async #keepBound(receiver: string): Promise<void> {
    const { bytesMax, onGone } = this.#options;
    while (this.#reader.state(receiver).bytes > bytesMax) {
      const going: WaitingMessage[] = [];
      let left = this.#reader.state(receiver).bytes;
      for (const key of this.#environment.keys(placeRange('q', receiver, 0n), STEP)) {
        if (left <= bytesMax * KEPT_SHARE) break;
        for (const waiting of this.#reader.waiting(key)) {
          left -= bytesOf(waiting);
          going.push(waiting);
        }
      }
      if (going.length === 0) return;
      const { changes, state } = removed(receiver, this.#reader.state(receiver), going);
      const gap = gapOver(state.gap, going);
      const events = going.filter(({ subject }) => subject !== 'gap' && subject !== 'lost').length;
      const next = { ...state, gap, gone: state.gone + events };
      await this.#environment.write([...changes, stateChange(receiver, next)]);
      this.#environment.refresh();
      if (events > 0) onGone(events);
    }
  }

  async #checkRoom(): Promise<void> {
    const room = await this.#environment.room();
    if (room.freeBytes >= this.#options.freeMinOf(room)) return;
    throw new StoreUnavailable('what is left of the disk is for sign-ins, and webhooks wait in the record');
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
