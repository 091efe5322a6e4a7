/** What became of a message: it was tried so often by now, or, undefined, delivered. */
export type News = ReadonlyMap<string, number | undefined>;

/** Writes what became of messages of one receiver, by place. */
export type WriteNews = (receiver: string, news: News) => Promise<void>;

interface Batch {
  readonly news: Map<string, number | undefined>;
  readonly written: Promise<void>;
}

/** What became of messages while a call for their receiver is under way is written in the next one, all of it. */
export class TryNews {
  readonly #write: WriteNews;
  readonly #open = new Map<string, Batch>();
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(write: WriteNews) {
    this.#write = write;
  }

  /** @throws what writing throws; nothing of the batch is written then, as far as anybody knows. */
  note(receiver: string, place: string, tries: number | undefined): Promise<void> {
    const open = this.#open.get(receiver);
    if (open !== undefined) {
      open.news.set(place, tries);
      return open.written;
    }
    const news = new Map([[place, tries]]);
    const before = this.#underWay.get(receiver) ?? Promise.resolve();
    const written = before
      .catch(() => undefined)
      .then(() => {
        this.#open.delete(receiver);
        return this.#write(receiver, news);
      });
    this.#open.set(receiver, { news, written });
    this.#underWay.set(receiver, written);
    return written;
  }
}
