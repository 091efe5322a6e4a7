import type { ReadKey } from './disk/environment.ts';

/**
 * What the next commit will change, before anything of it is written: reads see the changes made so far. Decisions are
 * made here, in memory, so a commit that fails leaves nothing half done.
 */
export class Draft {
  readonly #below: ReadKey;
  readonly #changes = new Map<string, { readonly key: Buffer; readonly value: Buffer | null }>();

  constructor(below: ReadKey) {
    this.#below = below;
  }

  get(key: Buffer): Buffer | undefined {
    const change = this.#changes.get(key.toString('latin1'));
    return change === undefined ? this.#below(key) : (change.value ?? undefined);
  }

  put(key: Buffer, value: Buffer): void {
    this.#changes.set(key.toString('latin1'), { key, value });
  }

  remove(key: Buffer): void {
    this.#changes.set(key.toString('latin1'), { key, value: null });
  }

  /** How many keys change. */
  get size(): number {
    return this.#changes.size;
  }

  /** What changes, each key once; null: it goes. */
  changes(): readonly { readonly key: Buffer; readonly value: Buffer | null }[] {
    return [...this.#changes.values()];
  }

  /** A draft on top of this one, whose changes come into this one with {@link Draft.merge} only. */
  attempt(): Draft {
    return new Draft((key) => this.get(key));
  }

  merge(attempt: Draft): void {
    for (const [name, change] of attempt.#changes) this.#changes.set(name, change);
  }
}
