import type { ServerResponse } from 'node:http';
import { EventBuffer } from 'better-sse';
import type { Bulletins } from '../../telemetry/bulletins.ts';
import type { Log } from '../../telemetry/log.ts';
import { every } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';
import { WORD_MS } from './nodes.ts';
import type { Nodes } from './nodes.ts';
import type { PictureParts } from './picture.ts';
import { pictureOf } from './picture.ts';
import type { Presence } from './presence.ts';
import { takeSample } from './sample.ts';

/** Between two pictures of a stream, in milliseconds. */
const PICTURE_MS = 1000;
/** Pages that are told at the same time; others are told to come back. */
const STREAMS_MAX = 16;
/** What a page may leave unread before its stream is cut, in bytes. */
const UNREAD_MAX = 262_144;
/** When a page comes back after its stream ended, in milliseconds. */
const RETRY_MS = 2000;

export interface LiveParts extends PictureParts {
  readonly nodes: Nodes;
  readonly presence: Presence;
  readonly bulletins: Bulletins;
  readonly log: Log;
  readonly time: Time;
}

interface Stream {
  readonly res: ServerResponse;
  readonly admits: () => boolean;
  /** The number of the last bulletin that it was told. */
  told: number;
}

/** Tells pages once a second how this node is. */
export class Live {
  readonly #parts: LiveParts;
  readonly #streams = new Set<Stream>();
  readonly #stops: readonly (() => void)[];
  #isTelling = false;

  constructor(parts: LiveParts) {
    this.#parts = parts;
    const again = (ms: number, work: () => Promise<void>): (() => void) =>
      every(parts.time, ms, () => void this.#try(work));
    this.#stops = [again(WORD_MS, () => this.#look()), again(PICTURE_MS, () => this.#tell())];
  }

  /**
   * Answers with a stream of pictures (WHATWG HTML §9.2); the first waits for no store.
   *
   * @param headers those of every answer.
   * @param admits whether who asked may still be told; the stream ends once it is false.
   */
  async hold(
    res: ServerResponse,
    headers: Readonly<Record<string, string>>,
    admits: () => boolean,
  ): Promise<void> {
    const isFull = this.#streams.size >= STREAMS_MAX;
    res.writeHead(200, { ...headers, ...STREAM_HEADERS });
    if (isFull) {
      res.end(frame().retry(RETRY_MS).event('full').data(STREAMS_MAX).dispatch().read());
      return;
    }
    const points = this.#parts.history.points();
    res.write(frame().retry(RETRY_MS).event('history').data(points).dispatch().read());
    const stream: Stream = { res, admits, told: 0 };
    this.#streams.add(stream);
    res.on('close', () => this.#streams.delete(stream));
    void this.#try(() => this.#parts.nodes.look());
    await this.#tellTo([stream]);
  }

  close(): void {
    for (const stop of this.#stops) stop();
    for (const { res } of this.#streams) res.end();
  }

  async #try(work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => this.#parts.log.error({ err: error, route: 'page' }, 'defect'));
  }

  async #look(): Promise<void> {
    if (this.#streams.size > 0) await this.#parts.nodes.look();
  }

  async #tell(): Promise<void> {
    if (this.#isTelling || this.#streams.size === 0) return;
    this.#isTelling = true;
    try {
      await this.#tellTo([...this.#streams]);
    } finally {
      this.#isTelling = false;
    }
  }

  async #tellTo(streams: readonly Stream[]): Promise<void> {
    const { bulletins, history, metrics, nodes, presence, time } = this.#parts;
    const sample = await takeSample(metrics, time.wallNow());
    const picture = await pictureOf(this.#parts, sample);
    const points = [...history.points().slice(-1), history.current(sample)];
    const same = { ...picture, points, nodes: [presence.own(sample), ...nodes.others] };
    for (const stream of streams) {
      if (!stream.admits()) {
        this.#streams.delete(stream);
        stream.res.end();
        continue;
      }
      const told = bulletins.after(stream.told);
      stream.told = told.at(-1)?.number ?? stream.told;
      if (stream.res.writableLength > UNREAD_MAX) stream.res.destroy();
      else
        stream.res.write(
          frame()
            .event('picture')
            .data({ ...same, bulletins: told })
            .dispatch()
            .read(),
        );
    }
  }
}

const STREAM_HEADERS = { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' };

function frame(): EventBuffer {
  return new EventBuffer();
}
