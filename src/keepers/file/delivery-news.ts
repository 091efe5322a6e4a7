import { byReceiver } from '../../webhooks/by-receiver.ts';
import { removed, written } from './queue-changes.ts';
import type { Change } from './queue-changes.ts';
import { placeKey } from './queue-keys.ts';
import type { QueueReader } from './queue-reader.ts';
import { waitingRow } from './queue-rows.ts';

/** What became of a message: it was tried so often by now, or, undefined, delivered. */
export interface News {
  readonly receiver: string;
  readonly place: string;
  readonly tries: number | undefined;
}

/** What became of messages and is not written yet: of each message the last. */
export class DeliveryNews {
  #news = new Map<string, News>();

  add(one: News): void {
    this.#news.set(`${one.receiver} ${one.place}`, one);
  }

  /** Has all of it written in one step; what cannot be written now goes with what comes next. @param now the wall clock. */
  async write(
    reader: QueueReader,
    now: number,
    write: (changes: readonly Change[]) => Promise<unknown>,
  ): Promise<void> {
    const news = this.#news;
    this.#news = new Map();
    const changes = [...byReceiver([...news.values()])].flatMap(([receiver, theirs]) =>
      changesOf(receiver, theirs, reader, now),
    );
    try {
      if (changes.length > 0) await write(changes);
    } catch (error) {
      this.#news = new Map([...news, ...this.#news]);
      throw error;
    }
  }
}

function changesOf(
  receiver: string,
  news: readonly News[],
  reader: QueueReader,
  now: number,
): readonly Change[] {
  const there = news.flatMap(({ place, tries }) =>
    reader.waiting(placeKey('q', receiver, BigInt(place))).map((waiting) => ({ waiting, tries })),
  );
  const gone = there.filter(({ tries }) => tries === undefined).map(({ waiting }) => waiting);
  const tried = there.flatMap(({ waiting, tries }) =>
    tries === undefined
      ? []
      : [{ key: placeKey('q', receiver, BigInt(waiting.place)), value: waitingRow(waiting, tries, now) }],
  );
  return [...tried, ...written(receiver, removed(receiver, reader.state(receiver), gone))];
}
