import type { Tally } from './tally.ts';

const TOLD_EVERY_MS = 10_000;

/** Says on standard error how far a part of a run is: one line that moves on a terminal, else a line every ten seconds. */
export class Progress {
  readonly #what: string;
  readonly #all: number;
  readonly #tally: Tally;
  readonly #begun = performance.now();
  #toldAt = -Infinity;
  #mistakes: number;

  constructor(what: string, all: number, tally: Tally) {
    this.#what = what;
    this.#all = all;
    this.#tally = tally;
    this.#mistakes = tally.mistakes.length;
  }

  tell(done: number): void {
    this.#tellMistakes();
    const now = performance.now();
    if (!process.stderr.isTTY && now - this.#toldAt < TOLD_EVERY_MS) return;
    this.#toldAt = now;
    process.stderr.write(process.stderr.isTTY ? `\r${this.#line(done)} ` : `${this.#line(done)}\n`);
  }

  end(done: number): void {
    this.#tellMistakes();
    if (this.#all > 0) process.stderr.write(`${process.stderr.isTTY ? '\r' : ''}${this.#line(done)}\n`);
  }

  /** Each as soon as it is found: a run is long. */
  #tellMistakes(): void {
    const { mistakes } = this.#tally;
    for (const mistake of mistakes.slice(this.#mistakes)) process.stderr.write(`\n- ${mistake}\n`);
    this.#mistakes = mistakes.length;
  }

  #line(done: number): string {
    const seconds = (performance.now() - this.#begun) / 1000;
    const rate = done / Math.max(seconds, 0.001);
    const left = done === 0 ? '?' : Math.ceil((this.#all - done) / rate);
    const { sent, mistakes } = this.#tally;
    return (
      `${this.#what}: ${done} of ${this.#all} in ${Math.round(seconds)} s, ${Math.round(rate)} a second, ` +
      `${left} s left; ${sent} requests sent, ${mistakes.length} mistakes`
    );
  }
}
