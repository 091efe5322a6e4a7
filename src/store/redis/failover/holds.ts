import type { Subject } from '../../subject.ts';

/**
 * Who must not be read or written yet: whole partitions, while other nodes may still be putting events back, and single
 * subjects, while this node does.
 */
export class Holds {
  readonly #partitions = new Map<number, Promise<void>>();
  readonly #subjects = new Map<Subject, Promise<void>>();

  get active(): boolean {
    return this.#partitions.size > 0 || this.#subjects.size > 0;
  }

  /** The promises that a subject of this partition waits for; none where it may be used. */
  of(subject: Subject, partition: number): readonly Promise<void>[] {
    return [this.#partitions.get(partition), this.#subjects.get(subject)].filter(
      (held) => held !== undefined,
    );
  }

  /** Holds partitions up until the promise settles. */
  holdPartitions(partitions: readonly number[], until: Promise<void>): void {
    for (const partition of partitions) {
      const held = until.then(() => {
        if (this.#partitions.get(partition) === held) this.#partitions.delete(partition);
        return undefined;
      });
      this.#partitions.set(partition, held);
    }
  }

  /** Holds one subject up. @returns what lets go of it. */
  holdSubject(subject: Subject): () => void {
    let open = (): void => {};
    const held = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#subjects.set(subject, held);
    return () => {
      if (this.#subjects.get(subject) === held) this.#subjects.delete(subject);
      open();
    };
  }
}
