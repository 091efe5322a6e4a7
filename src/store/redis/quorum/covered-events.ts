import type { Cursor } from '../../../ticket/cursor.ts';

/** Event ids that are known to be held by every replica that must hold them. The oldest are forgotten first. */
export class CoveredEvents {
  readonly #max: number;
  readonly #ids = new Set<Cursor>();

  /** @param max how many are remembered; about 100 bytes each. */
  constructor(max: number) {
    this.#max = max;
  }

  add(id: Cursor): void {
    if (this.#max === 0) return;
    if (this.#ids.size >= this.#max)
      for (const oldest of this.#ids) {
        this.#ids.delete(oldest);
        break;
      }
    this.#ids.add(id);
  }

  has(id: Cursor): boolean {
    return this.#ids.has(id);
  }

  /** Forgets all: another term has begun, in which other servers must hold them. */
  clear(): void {
    this.#ids.clear();
  }
}
