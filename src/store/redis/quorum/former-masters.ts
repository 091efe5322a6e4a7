import type { Term } from './agreement.ts';

/**
 * The masters of earlier terms, as far as this node has heard of them: until one is seen attached in the present term, it
 * need not hold what the present master writes. Sentinels list it as a replica the moment that it is replaced, and may
 * take 20 s to make it one, if two of them led a failover each.
 */
export class FormerMasters {
  readonly #names = new Set<string>();
  #last: Term | undefined;

  /** A majority named a master. */
  heard(term: Term): void {
    if (this.#last !== undefined && term.epoch <= this.#last.epoch) return;
    if (this.#last !== undefined) this.#names.add(this.#last.master);
    this.#names.delete(term.master);
    this.#last = { master: term.master, epoch: term.epoch };
  }

  /** Servers are attached to the present master. */
  attached(names: Iterable<string>): void {
    for (const name of names) this.#names.delete(name);
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }
}
