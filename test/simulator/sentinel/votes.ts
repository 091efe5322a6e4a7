/** Whom a Sentinel voted for. */
export interface Vote {
  readonly leader: string;
  readonly epoch: number;
  readonly isNew: boolean;
}

/** One Sentinel's votes: one in each epoch, for who asks first. */
export class Votes {
  #epoch = 0;
  #given: { readonly leader: string; readonly epoch: number } = { leader: '*', epoch: 0 };

  /** The newest epoch that it knows. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Its process has begun anew: for whom it voted is forgotten, but not in which epoch. */
  restart(): void {
    this.#given = { leader: '*', epoch: this.#given.epoch };
  }

  /** @returns whether the epoch is a newer one. */
  learn(epoch: number): boolean {
    if (epoch <= this.#epoch) return false;
    this.#epoch = epoch;
    return true;
  }

  /** Begins an epoch of its own. */
  raise(): number {
    return ++this.#epoch;
  }

  /** Votes for a candidate, or says whom it voted for. */
  vote(candidate: string, epoch: number): Vote {
    this.learn(epoch);
    const isNew = this.#given.epoch < epoch && this.#epoch <= epoch;
    if (isNew) this.#given = { leader: candidate, epoch };
    return { ...this.#given, isNew };
  }
}
