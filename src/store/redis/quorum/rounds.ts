/**
 * A question that is put for all who wait for it. An answer counts only for those who asked before it was put: whoever
 * comes while one is under way gets the next. So however many ask, one at a time is on its way.
 */
export class Rounds<A> {
  readonly #put: () => Promise<A>;
  #underWay: Promise<unknown> | undefined;
  #next: Promise<A> | undefined;

  /** @param put puts the question once. */
  constructor(put: () => Promise<A>) {
    this.#put = put;
  }

  /** The answer to a question that is put after this call. */
  ask(): Promise<A> {
    this.#next ??= this.#afterThis();
    return this.#next;
  }

  async #afterThis(): Promise<A> {
    await this.#underWay?.catch(() => {});
    // Those of the same turn of the event loop go along.
    await Promise.resolve();
    const answer = this.#put();
    this.#underWay = answer;
    this.#next = undefined;
    return answer;
  }
}
