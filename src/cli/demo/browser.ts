import { setTimeout as sleep } from 'node:timers/promises';
import { EventStream } from '../conformance/event-stream.ts';
import { endsWatch } from '../conformance/notice.ts';
import type { Notice } from '../conformance/notice.ts';

const RECONNECT_MS = 200;
const ANSWER_WITHIN_MS = 6000;

/** A page that waits for its ticket, and takes up a stream that breaks off at the next gateway. */
export class Browser {
  /** The notice that ended the wait; undefined when it was closed before one came. */
  readonly outcome: Promise<Notice | undefined>;
  readonly #secret: string;
  #stream: EventStream | undefined;
  #scanUrl: string | undefined;
  #cursor: string | undefined;
  #isClosed = false;
  #settle: (notice: Notice | undefined) => void = () => undefined;

  /** @param links the ticket's stream at each gateway, the first one asked first. */
  constructor(links: readonly string[], secret: string) {
    this.#secret = secret;
    this.outcome = new Promise((resolve) => (this.#settle = resolve));
    void this.#wait(links);
  }

  /** What its QR code says now. */
  get scanUrl(): string | undefined {
    return this.#scanUrl;
  }

  close(): void {
    this.#isClosed = true;
    this.#stream?.close();
    this.#settle(undefined);
  }

  async #wait(links: readonly string[]): Promise<void> {
    for (let tries = 0; !this.#isClosed; tries += 1) {
      await this.#listen(links[tries % links.length]!).catch(() => undefined);
      if (!this.#isClosed) await sleep(RECONNECT_MS);
    }
  }

  /** Resolves once the stream has ended. */
  async #listen(link: string): Promise<void> {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const headers = {
      authorization: `Bearer ${this.#secret}`,
      ...(this.#cursor !== undefined && { 'last-event-id': this.#cursor }),
    };
    this.#stream = await EventStream.open(
      link,
      { headers, withinMs: ANSWER_WITHIN_MS },
      { event: ({ data }) => this.#hear(JSON.parse(data) as Notice), ended: end },
    );
    if (this.#isClosed) this.#stream.close();
    await ended;
  }

  #hear(notice: Notice): void {
    this.#cursor = notice.cursor;
    this.#scanUrl = notice.scan?.url ?? this.#scanUrl;
    if (!endsWatch(notice.status)) return;
    this.#settle(notice);
    this.close();
  }
}
