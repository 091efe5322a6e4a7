import type { Log } from '../../telemetry/log.ts';
import { every } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';
import { SAMPLE_MS } from './history.ts';
import { WORD_MS } from './nodes.ts';
import type { KnownNode, Nodes } from './nodes.ts';
import { wordOf } from './picture.ts';
import type { PictureParts } from './picture.ts';
import { takeSample } from './sample.ts';
import type { Sample } from './sample.ts';

export interface PresenceParts extends Pick<PictureParts, 'identity' | 'history' | 'metrics' | 'readiness'> {
  readonly nodes: Nodes;
  readonly log: Log;
  readonly time: Time;
}

/** Lets the pages of all nodes know of this one, whether it has a page itself or not, and keeps its last hour. */
export class Presence {
  readonly #parts: PresenceParts;
  #stops: readonly (() => void)[] = [];
  #hasPage = false;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
  }

  /** Begins the history, and says from now on how this node is. */
  async open(): Promise<void> {
    const again = (ms: number, work: () => Promise<void>): (() => void) =>
      every(this.#parts.time, ms, () => void this.#try(work));
    this.#stops = [again(SAMPLE_MS, () => this.#keep()), again(WORD_MS, () => this.#say())];
    await this.#keep();
    void this.#try(() => this.#say());
  }

  /** This node has a page for operators. */
  havePage(): void {
    this.#hasPage = true;
    void this.#try(() => this.#say());
  }

  /** What this node says of itself. */
  own(sample: Sample): KnownNode {
    return { ...wordOf(this.#parts, sample), page: this.#hasPage, id: this.#parts.nodes.id };
  }

  async close(): Promise<void> {
    if (this.#stops.length === 0) return;
    for (const stop of this.#stops) stop();
    await this.#parts.nodes.leave();
  }

  async #try(work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => this.#parts.log.error({ err: error, route: 'page' }, 'defect'));
  }

  async #keep(): Promise<void> {
    this.#parts.history.keep(await this.#sample());
  }

  async #say(): Promise<void> {
    const { id: _id, ...word } = this.own(await this.#sample());
    await this.#parts.nodes.say(word);
  }

  #sample(): Promise<Sample> {
    return takeSample(this.#parts.metrics, this.#parts.time.wallNow());
  }
}
