/** Something that may be forgotten after an instant, which may move. */
export interface Forgettable {
  /** The last instant at which it is still needed, in milliseconds since the epoch. */
  neededTill: number;
  /** The second under which a queue has it; undefined where none has. */
  filedUnder: number | undefined;
}

/**
 * What may be forgotten, by the second in which that may be. What is needed for longer after all stays where it is
 * filed until that second comes, so that an instant that moves on costs nothing.
 */
export class ForgetQueue<T extends Forgettable> {
  readonly #bySecond = new Map<number, Set<T>>();
  #lookedAt = -Infinity;

  /** Files it, or files it anew where it may be forgotten sooner than it was filed for. */
  file(one: T): void {
    const second = secondOf(one);
    if (one.filedUnder !== undefined && one.filedUnder <= second) return;
    this.remove(one);
    one.filedUnder = second;
    const present = this.#bySecond.get(second);
    if (present === undefined) this.#bySecond.set(second, new Set([one]));
    else present.add(one);
  }

  remove(one: T): void {
    if (one.filedUnder === undefined) return;
    const present = this.#bySecond.get(one.filedUnder);
    present?.delete(one);
    if (present?.size === 0) this.#bySecond.delete(one.filedUnder);
    one.filedUnder = undefined;
  }

  /** What is not needed any longer. Looks once in a second. */
  due(now: number): readonly T[] {
    const second = Math.floor(now / 1000);
    if (second === this.#lookedAt) return [];
    this.#lookedAt = second;
    return this.seconds
      .filter((filed) => filed <= second)
      .flatMap((filed) => this.under(filed))
      .filter(({ neededTill }) => neededTill < now);
  }

  /** The seconds under which something is filed. */
  get seconds(): readonly number[] {
    return [...this.#bySecond.keys()];
  }

  /** What is filed under a second and may be forgotten in it. The rest is filed for later. */
  under(second: number): readonly T[] {
    const found: T[] = [];
    for (const one of this.#bySecond.get(second) ?? []) {
      if (secondOf(one) > second) {
        this.remove(one);
        this.file(one);
      } else found.push(one);
    }
    return found;
  }
}

function secondOf({ neededTill }: Forgettable): number {
  return Math.ceil(neededTill / 1000);
}
