interface Scored {
  readonly member: string;
  readonly score: number;
}

/** Members by score, those of one score by their bytes. */
export class SortedSet {
  readonly kind = 'zset';
  readonly #scores = new Map<string, number>();
  #ordered: Scored[] = [];

  get size(): number {
    return this.#scores.size;
  }

  scoreOf(member: string): number | undefined {
    return this.#scores.get(member);
  }

  /** The members in order. */
  all(): readonly Scored[] {
    return this.#ordered;
  }

  set(member: string, score: number): void {
    this.remove(member);
    this.#scores.set(member, score);
    const one = { member, score };
    this.#ordered.splice(this.#placeOf(one), 0, one);
  }

  remove(member: string): boolean {
    const score = this.#scores.get(member);
    if (score === undefined) return false;
    this.#scores.delete(member);
    this.#ordered.splice(this.#placeOf({ member, score }), 1);
    return true;
  }

  /** Takes the members of these ranks out; the second one is not among them. @returns how many there were. */
  removeRanks(from: number, till: number): number {
    const gone = this.#ordered.splice(from, Math.max(0, till - from));
    for (const { member } of gone) this.#scores.delete(member);
    return gone.length;
  }

  /** The rank of the first member whose score is that high, or higher. */
  rankOf(score: number, after: boolean): number {
    let low = 0;
    let high = this.#ordered.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = (this.#ordered[middle] as Scored).score;
      if (found < score || (after && found === score)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  copy(): SortedSet {
    const copied = new SortedSet();
    for (const { member, score } of this.#ordered) copied.#scores.set(member, score);
    copied.#ordered = [...this.#ordered];
    return copied;
  }

  #placeOf({ member, score }: Scored): number {
    let low = 0;
    let high = this.#ordered.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#ordered[middle] as Scored;
      if (other.score < score || (other.score === score && other.member < member)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
