/** One thing that whoever runs the gateway should see as it happens. It says nothing of a person, and no secret. */
export interface Bulletin {
  /** Counts up from 1 in a process. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `bad`: it is worse than before; `good`: it is better again; `note`: neither. */
  readonly tone: 'bad' | 'good' | 'note';
  readonly title: string;
  readonly detail?: string;
}

/** The bulletins that are remembered; the oldest go first. */
const KEPT_MAX = 100;
const DETAIL_LENGTH_MAX = 300;

/** What happened on this node, for people who look at it: the last of it alone. */
export class Bulletins {
  readonly #wallNow: () => number;
  readonly #kept: Bulletin[] = [];
  #number = 0;

  /** @param wallNow milliseconds since the epoch. */
  constructor(wallNow: () => number) {
    this.#wallNow = wallNow;
  }

  tell(tone: Bulletin['tone'], title: string, detail?: string): void {
    this.#number += 1;
    const told = detail === undefined ? {} : { detail: detail.slice(0, DETAIL_LENGTH_MAX) };
    this.#kept.push({ number: this.#number, at: this.#wallNow(), tone, title, ...told });
    if (this.#kept.length > KEPT_MAX) this.#kept.shift();
  }

  /** Those behind a number, the oldest first. */
  after(number: number): readonly Bulletin[] {
    return this.#kept.filter((one) => one.number > number);
  }
}
