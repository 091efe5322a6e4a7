import { sameTerm } from './agreement.ts';
import type { Agreement, Term } from './agreement.ts';
import type { Replication } from './replication.ts';
import { missingReplicas, requiredReplicas } from './required.ts';
import { Rounds } from './rounds.ts';

/**
 * What can be said of everything that a master had answered when the question was put:
 *
 * - `sure`: it was the master then, and where replicas are asked for, each that must hold it does
 * - `not_master`: nobody can say so; others may have another master
 * - `not_replicated`: it is the master, and a replica that must hold it did not say in time that it does
 */
export type Assured = 'sure' | 'not_master' | 'not_replicated';

/** One master, as far as assurance is concerned. */
export interface AssuredMaster {
  /** The term under which its connections opened; undefined where no majority is there to be asked (a single Redis). */
  readonly term: () => Term | undefined;
  /** Masters of earlier terms that have not been seen attached in this one, where these are attached now. */
  readonly former: (attached: Iterable<string>) => ReadonlySet<string>;
  /** Replicas that it had when it was last looked at, which need not be now. */
  readonly replicasKnown: () => number;
  /** Asks a majority. Undefined where none agrees. */
  readonly ask: () => Promise<Agreement | undefined>;
  /**
   * Asks the master for its replication, waits until so many replicas have all of it or the time is over, and asks once
   * more. Settles with both answers.
   */
  readonly replication: (replicas: number, waitMs: number) => Promise<readonly [Replication, Replication]>;
}

/** How it is assured. */
export interface AssuranceOptions {
  /** `replicated` demands at least one replica; `auto` asks for those that there are. */
  readonly durability: 'auto' | 'replicated';
  /** How long the replicas have, in milliseconds. */
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/** How long one WAIT lasts at most: a replica that was counted may have gone. In milliseconds. */
const WAIT_MS = 100;

const LOOK_AGAIN_MS = 10;

/**
 * Says of one master whether what it answered counts, by questions that are put after its answers. No time is compared:
 * a node that pauses between an answer and the question is only slow, and hears that there is another master.
 */
export class Assurance {
  readonly #master: AssuredMaster;
  readonly #options: AssuranceOptions;
  readonly #replication: Rounds<readonly [before: Replication, after: Replication]>;
  #attached = 0;

  constructor(master: AssuredMaster, options: AssuranceOptions) {
    this.#master = master;
    this.#options = options;
    this.#replication = new Rounds(() => master.replication(this.#attached, WAIT_MS));
  }

  /** Whether the server was the master when it answered what it had answered before this call. */
  async asMaster(): Promise<Assured> {
    const term = this.#master.term();
    if (term === undefined) return 'sure';
    return this.#isOf(term, await this.#master.ask()) ? 'sure' : 'not_master';
  }

  /** The same, and whether each replica that must hold what it had written before this call does. */
  async onReplicas(): Promise<Assured> {
    const { durability, timeoutMs, now, wait } = this.#options;
    const end = now() + timeoutMs;
    // Without a majority to ask nobody promotes by itself: a replica may take a second to be noticed.
    const alone = this.#master.term() === undefined && this.#master.replicasKnown() === 0;
    if (alone) return durability === 'replicated' ? 'not_replicated' : 'sure';
    for (;;) {
      const [before, after] = await this.#replication.ask();
      this.#attached = after.acknowledged.size;
      const term = this.#master.term();
      const agreement = term === undefined ? undefined : await this.#master.ask();
      if (term !== undefined && !this.#isOf(term, agreement)) return 'not_master';
      const required = requiredReplicas(agreement, after, this.#master.former(after.acknowledged.keys()));
      if (required.length === 0) return durability === 'replicated' ? 'not_replicated' : 'sure';
      if (missingReplicas(required, before.offset, after).length === 0) return 'sure';
      if (now() >= end) return 'not_replicated';
      await wait(LOOK_AGAIN_MS);
    }
  }

  #isOf(term: Term, agreement: Agreement | undefined): agreement is Agreement {
    return agreement !== undefined && sameTerm(agreement, term);
  }
}
