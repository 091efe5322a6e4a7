/** How far a master's history went at an instant of this node's monotonic clock. */
interface Mark {
  readonly at: number;
  readonly offset: number;
}

/** How many marks are kept: at one a second, longer than any lag that matters. */
const MARKS_MAX = 600;

/**
 * How long ago a master's history went further than its slowest replica has it. A new history of the server begins it anew.
 */
export class Lag {
  #history = '';
  #marks: Mark[] = [];

  /**
   * @param history names the server's history. @param offset how far it goes, in bytes. @param held how far the slowest
   * replica has it; -1 where it has nothing, or is not there.
   * @returns the lag in milliseconds: 0 where nothing is missing.
   */
  note(history: string, { at, offset }: Mark, held: number): number {
    if (history !== this.#history) [this.#history, this.#marks] = [history, []];
    this.#marks.push({ at, offset });
    const firstMissing = this.#marks.findIndex((mark) => mark.offset > held);
    this.#marks =
      firstMissing < 0 ? [] : this.#marks.slice(Math.max(firstMissing, this.#marks.length - MARKS_MAX));
    const [missing] = this.#marks;
    return missing === undefined ? 0 : at - missing.at;
  }
}
