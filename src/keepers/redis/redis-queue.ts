import { StoreUnavailable } from '../../store/event-store.ts';
import type { RecordCalls } from '../../store/redis/outbox/record-calls.ts';
import { byReceiver } from '../../webhooks/by-receiver.ts';
import { DEAD_MAX, IDLE_KEEP_MS } from '../../webhooks/message-queue.ts';
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
import { isMemoryScarce } from './memory.ts';
import { JOINED_KEY, READ_KEY, RECEIVERS_KEY, receiverKeys } from './queue-keys.ts';
import {
  BEGIN,
  BURY,
  FILL_GAP,
  FORGET,
  IDLE,
  JOIN,
  JOINED,
  NOTE,
  PEEK,
  PUT,
  READ,
  RELEASE,
  TAKE,
} from './queue-scripts.ts';
import { TryNews } from './try-news.ts';
import type { News } from './try-news.ts';

/** How much of a queue goes where its bound is passed: an eighth, so that not every message pays for it. */
const KEPT_SHARE = 7 / 8;
/** How often queues of receivers that are none any more are looked for, and the server's memory, in milliseconds. */
const IDLE_LOOK_MS = 24 * 3_600_000;
const MEMORY_LOOK_MS = 1000;
/** How many characters of a reason are kept. */
const REASON_MAX = 200;

export interface RedisQueueOptions {
  readonly calls: RecordCalls;
  /** What only this node knows to say. */
  readonly token: string;
  /** The most that waits for one receiver, in bytes. */
  readonly bytesMax: number;
  /** How long a receiver is this node's without a look, in milliseconds of the server's clock. */
  readonly leaseMs: number;
  /** Milliseconds of a clock that only runs forwards. */
  readonly now: () => number;
  /** A number of so many that two puts hardly draw the same; decimal, up to 64 bits. */
  readonly nonce: () => string;
  /** Told of messages that were let go for that bound. */
  readonly onGone: (count: number) => void;
  /** Whether a receiver is one now: its queue is kept, however long it was told nothing. */
  readonly isFollowed: (receiver: string) => boolean;
}

type TakenReply = readonly [
  anew: number,
  waiting: string,
  count: string,
  from: string,
  to: string,
  rows: readonly (readonly string[])[],
];

/** What is to be looked at says {@link PEEK}. */
const NOTHING_THERE = 0;
const IS_OTHERS = 1;

/**
 * The queues on the Redis of the store, shared by all nodes. How far the record was read and what waits are under one hash tag and
 * written in one step, so a failover takes both back together: messages come again then, and none is passed over. What only says that a
 * message is done waits for no replica.
 */
export class RedisQueue implements MessageQueue {
  readonly #options: RedisQueueOptions;
  readonly #news = new TryNews((receiver, news) => this.#write(receiver, news));
  #idleAt = Number.NEGATIVE_INFINITY;
  #roomUntil = Number.NEGATIVE_INFINITY;

  constructor(options: RedisQueueOptions) {
    this.#options = options;
  }

  async read(): Promise<Links | undefined> {
    const reply = (await this.#options.calls.askOn([READ_KEY], READ)) as readonly string[] | null;
    if (reply === null) return undefined;
    const pairs = Array.from({ length: reply.length / 2 }, (_, index) =>
      reply.slice(2 * index, 2 * index + 2),
    );
    return new Map(pairs.map(([chain, link]) => [Number(chain), Number(link)]));
  }

  async begin(links: Links): Promise<void> {
    await this.#options.calls.changeOn([READ_KEY], BEGIN, ...[...links].flat());
  }

  async joined(receivers: readonly string[]): Promise<ReadonlyMap<string, Links>> {
    const reply = await this.#options.calls.askOn([RECEIVERS_KEY, JOINED_KEY], JOINED, ...receivers);
    return new Map(
      (reply as readonly (string | null)[]).flatMap((text, index): [string, Links][] =>
        text === null ? [] : [[receivers[index] ?? '', linksIn(text)]],
      ),
    );
  }

  async join(receivers: readonly string[], links: Links): Promise<void> {
    const text = links.size === 0 ? '' : JSON.stringify(Object.fromEntries(links));
    await this.#options.calls.changeOn([RECEIVERS_KEY, JOINED_KEY], JOIN, text, ...receivers);
  }

  async put(moves: readonly ChainMove[], messages: readonly AddressedMessage[]): Promise<boolean> {
    const { calls, bytesMax, nonce, now, onGone } = this.#options;
    if (now() >= this.#idleAt) await this.#forgetIdle();
    await this.#checkRoom();
    const groups = byReceiver(messages);
    const keys = [...groups.keys()]
      .map(receiverKeys)
      .flatMap(({ state, queue, tries }) => [state, queue, tries]);
    const asked = {
      moves: moves.map((move) => [move.chain, move.from, move.to].map(String)),
      groups: [...groups].map(([receiver, theirs]) => ({
        receiver,
        messages: theirs.map(({ id, subject, text }) => [id, subject, text]),
      })),
      nonce: nonce(),
    };
    const bounds = [bytesMax, Math.floor(bytesMax * KEPT_SHARE)];
    const reply = await calls.changeOn(
      [READ_KEY, RECEIVERS_KEY, JOINED_KEY, ...keys],
      PUT,
      JSON.stringify(asked),
      ...bounds,
    );
    const gone = Number(reply);
    if (gone > 0) onGone(gone);
    return gone >= 0;
  }

  async take(receiver: string, { limit, after, inHand }: TakeOptions): Promise<Taken | undefined> {
    const { calls, token, leaseMs } = this.#options;
    const { state, queue, tries } = receiverKeys(receiver);
    if (!inHand) {
      const found = await calls.askOn([state], PEEK, token);
      if (found === NOTHING_THERE) return { anew: true, messages: [], gap: undefined, waiting: 0 };
      if (found === IS_OTHERS) return undefined;
    }
    const asked = [token, leaseMs, limit, after ?? '', inHand ? 1 : 0];
    const reply = await calls.changeOn([state, queue, tries], TAKE, ...asked);
    return reply === null ? undefined : takenIn(reply as TakenReply);
  }

  tried(receiver: string, place: string, tries: number): Promise<void> {
    return this.#news.note(receiver, place, tries);
  }

  delivered(receiver: string, place: string): Promise<void> {
    return this.#news.note(receiver, place, undefined);
  }

  async bury(receiver: string, place: string, tries: number, reason: string): Promise<void> {
    const { state, queue, tries: triesKey, dead } = receiverKeys(receiver);
    const asked = [this.#options.token, place, tries, reason.slice(0, REASON_MAX), DEAD_MAX];
    await this.#options.calls.changeOn([state, queue, triesKey, dead], BURY, ...asked);
  }

  async fillGap(receiver: string, { count, from, to }: Gap, { id, subject, text }: Message): Promise<void> {
    const { state, queue } = receiverKeys(receiver);
    const asked = [count, from, to, id, subject, text, this.#options.nonce()];
    await this.#options.calls.changeOn([state, queue], FILL_GAP, ...asked);
  }

  async release(receiver: string): Promise<void> {
    await this.#options.calls.askOn([receiverKeys(receiver).state], RELEASE, this.#options.token);
  }

  /** The connections are the store's. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #write(receiver: string, news: News): Promise<void> {
    const { state, queue, tries } = receiverKeys(receiver);
    const asked = [...news].flatMap(([place, times]) => [place, times ?? '']);
    await this.#options.calls.askOn([state, queue, tries], NOTE, ...asked);
  }

  async #forgetIdle(): Promise<void> {
    const { calls, now, isFollowed } = this.#options;
    const idle = (await calls.askOn([RECEIVERS_KEY], IDLE, IDLE_KEEP_MS)) as readonly string[];
    for (const receiver of idle) {
      if (isFollowed(receiver)) continue;
      const keys = [RECEIVERS_KEY, JOINED_KEY, ...Object.values(receiverKeys(receiver))];
      await calls.changeOn(keys, FORGET, receiver, IDLE_KEEP_MS);
    }
    this.#idleAt = now() + IDLE_LOOK_MS;
  }

  async #checkRoom(): Promise<void> {
    const { calls, now } = this.#options;
    if (now() < this.#roomUntil) return;
    if (await isMemoryScarce(calls))
      throw new StoreUnavailable(
        'what is left of the memory of Redis is for sign-ins, and webhooks wait in the record',
      );
    this.#roomUntil = now() + MEMORY_LOOK_MS;
  }
}

function linksIn(text: string): Links {
  const links = JSON.parse(text) as Readonly<Record<string, number>>;
  return new Map(Object.entries(links).map(([chain, link]) => [Number(chain), link]));
}

function takenIn([anew, waiting, count, from, to, rows]: TakenReply): Taken {
  return {
    anew: anew === 1,
    messages: rows.map(waitingIn),
    gap: count === '' ? undefined : { count: Number(count), from, to },
    waiting: Number(waiting),
  };
}

function waitingIn([
  place = '',
  id = '',
  subject = '',
  text = '',
  tries,
  ago,
]: readonly string[]): WaitingMessage {
  return { place, id, subject, text, tries: Number(tries), triedAgoMs: Number(ago) };
}
