/** Partitions on which nobody may read or write yet, because other nodes may still be putting things back. */
export class Settling {
  readonly #partitions = new Map<number, Promise<void>>();

  get active(): boolean {
    return this.#partitions.size > 0;
  }

  /** Settles when the partition may be used; undefined where it may be. */
  of(partition: number): Promise<void> | undefined {
    return this.#partitions.get(partition);
  }

  /** Holds partitions up until the promise settles. */
  hold(partitions: readonly number[], until: Promise<void>): void {
    for (const partition of partitions) {
      const held = until.then(() => {
        if (this.#partitions.get(partition) === held) this.#partitions.delete(partition);
        return undefined;
      });
      this.#partitions.set(partition, held);
    }
  }
}
