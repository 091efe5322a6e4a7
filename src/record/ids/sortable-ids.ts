import { sleep } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';
import { SEQUENCE_MAX, idOf, markOf } from './sortable-id.ts';
import type { Mark, SortableId } from './sortable-id.ts';

/** The largest step back of a clock that is waited out, in milliseconds. */
export const STEP_MAX_MS = 1000;

/** The clock went back by more than is waited out: no id is made until it has caught up. */
export class ClockWentBack extends Error {
  override readonly name = 'ClockWentBack';
}

/** What went wrong with ids, for a counter. */
export type IdTrouble = (typeof ID_TROUBLES)[number];

/** All of them. */
export const ID_TROUBLES = ['waited', 'refused', 'unleased'] as const;

export interface SortableIdsOptions {
  /** The number that this node holds now; undefined: none. */
  readonly node: () => number | undefined;
  readonly time: Time;
  /** A mark that is no node's: {@link Mark} at random. */
  readonly randomMark: () => Mark;
  readonly onTrouble?: ((trouble: IdTrouble) => void) | undefined;
}

/**
 * Makes the ids of one node. Each is larger than the one before, whatever the clock does: a step back is waited out where it
 * is at most {@link STEP_MAX_MS}, and refused where it is larger.
 */
export class SortableIds {
  readonly #options: SortableIdsOptions;
  #sequence = 0;
  #lastMs = 0;
  #last: SortableId = 0n;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: SortableIdsOptions) {
    this.#options = options;
  }

  /**
   * The part of an id that is the node's, for an event whose time the store gives. Two marks of a node are equal only where
   * 4,096 others lie between them. A node without a number takes a random one.
   */
  mark(): Mark {
    const node = this.#options.node();
    if (node === undefined) {
      this.#options.onTrouble?.('unleased');
      return this.#options.randomMark();
    }
    return markOf(node, this.#nextSequence());
  }

  /**
   * A whole id, by this node's clock.
   *
   * @throws {@link ClockWentBack}
   */
  next(): Promise<SortableId> {
    const made = this.#turn.then(() => this.#next());
    this.#turn = made.catch(() => undefined);
    return made;
  }

  /**
   * The same at once: an id, or how many milliseconds must pass first.
   *
   * @throws {@link ClockWentBack}
   */
  attempt(): SortableId | number {
    const { time, onTrouble } = this.#options;
    const now = Math.floor(time.wallNow());
    const stepMs = this.#lastMs - now;
    if (stepMs > 0) {
      onTrouble?.(stepMs > STEP_MAX_MS ? 'refused' : 'waited');
      if (stepMs <= STEP_MAX_MS) return stepMs;
      throw new ClockWentBack(`the clock went back by ${stepMs} ms`);
    }
    this.#lastMs = now;
    const id = idOf(now, this.mark());
    // Where it is not above the last one, the sequence began anew within this millisecond.
    if (id <= this.#last) return 1;
    this.#last = id;
    return id;
  }

  async #next(): Promise<SortableId> {
    for (;;) {
      const id = this.attempt();
      if (typeof id === 'bigint') return id;
      await sleep(this.#options.time, id);
    }
  }

  #nextSequence(): number {
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) % (SEQUENCE_MAX + 1);
    return sequence;
  }
}
