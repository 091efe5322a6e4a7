import type { Random } from '../../support/random.ts';
import type { Scheduler } from '../time/scheduler.ts';

/** How fast a way is. Times in milliseconds. */
export interface Quality {
  readonly delayMs: readonly [least: number, most: number];
  /** How often a packet is lost and sent again, which takes as long as `slowMs` says. */
  readonly slowChance: number;
  readonly slowMs: readonly [least: number, most: number];
}

/** After how long a packet that a cut held up is sent again once the way is whole, in milliseconds. */
const RESEND_MS: readonly [number, number] = [1, 200];

/** One direction between two machines. */
export class Way {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  #quality: Quality;
  #held: ((arrival: number) => void)[] | undefined;

  constructor(scheduler: Scheduler, random: Random, quality: Quality) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#quality = quality;
  }

  get isCut(): boolean {
    return this.#held !== undefined;
  }

  set quality(quality: Quality) {
    this.#quality = quality;
  }

  /** Lets nothing through any more. What is on its way arrives. */
  cut(): void {
    this.#held ??= [];
  }

  /** Lets everything through again; what was held up comes late. */
  mend(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const deliver of held) deliver(this.#scheduler.now + this.#within(RESEND_MS) + this.#delay());
  }

  /** Sends something now. @param deliver hears when it arrives; not before a cut is mended. */
  carry(deliver: (arrival: number) => void): void {
    if (this.#held === undefined) deliver(this.#scheduler.now + this.#delay());
    else this.#held.push(deliver);
  }

  #delay(): number {
    const { delayMs, slowChance, slowMs } = this.#quality;
    return this.#within(delayMs) + (this.#random.chance(slowChance) ? this.#within(slowMs) : 0);
  }

  #within([least, most]: readonly [number, number]): number {
    return least + this.#random.next() * (most - least);
  }
}
