import { agreementOf, sameTerm } from './agreement.ts';
import type { Agreement } from './agreement.ts';
import type { VoterView } from './voter-view.ts';

/** Someone who votes about a master. */
export interface Voter {
  /** Asks it now. Undefined where it does not answer, or has no view. */
  view(): Promise<VoterView | undefined>;
}

/** Who is asked, and for how long. */
export interface MajorityOptions {
  /** Those who are known now. */
  readonly voters: () => readonly Voter[];
  /** How long one question waits for a majority, in milliseconds. */
  readonly limitMs: number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Those who vote about one master, asked all at once. Nothing is concluded from how long they are silent: what counts is
 * what a majority says to a question that was put after the thing that it is about.
 */
export class Majority {
  readonly #options: MajorityOptions;
  readonly #busy = new Set<Voter>();
  /** How many voters there are, as those said who last agreed. They can become fewer only where most of them say so. */
  #count = 0;

  constructor(options: MajorityOptions) {
    this.#options = options;
  }

  /**
   * Asks all who have answered the question before.
   *
   * @returns what a majority agrees on, as soon as it does; undefined where none does in time.
   */
  async ask(): Promise<Agreement | undefined> {
    const { voters, limitMs, wait } = this.#options;
    const free = voters().filter((voter) => !this.#busy.has(voter));
    const views: VoterView[] = [];
    const over = new AbortController();
    try {
      return await new Promise<Agreement | undefined>((resolve) => {
        let left = free.length;
        const hear = async (voter: Voter): Promise<void> => {
          const view = await this.#ask(voter);
          left -= 1;
          if (view !== undefined) views.push(view);
          const agreement = agreementOf(views, this.#count);
          if (agreement === undefined && left > 0) return;
          const agreed = views.filter((one) => agreement !== undefined && sameTerm(one, agreement));
          if (agreed.length > 0) this.#count = Math.max(...agreed.map(({ voters: count }) => count));
          resolve(agreement);
        };
        if (left === 0) resolve(undefined);
        for (const voter of free) void hear(voter);
        void wait(limitMs, over.signal).then(() => resolve(undefined));
      });
    } finally {
      over.abort();
    }
  }

  async #ask(voter: Voter): Promise<VoterView | undefined> {
    this.#busy.add(voter);
    return await voter
      .view()
      .catch(() => undefined)
      .finally(() => this.#busy.delete(voter));
  }
}
