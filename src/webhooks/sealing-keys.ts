import type { Archive } from '../record/archive.ts';

interface Question {
  readonly names: Set<string>;
  readonly found: Promise<ReadonlyMap<string, Buffer>>;
}

/**
 * Asks an archive for the keys of entries: names that are asked for while a question is under way are asked for together in the next
 * one. None is remembered, for it may be forgotten at any time.
 */
export class SealingKeys {
  readonly #archive: Pick<Archive, 'keys'>;
  #next: Question | undefined;
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(archive: Pick<Archive, 'keys'>) {
    this.#archive = archive;
  }

  /** Undefined: it was forgotten, or never was. @throws StoreUnavailable */
  async of(name: string): Promise<Buffer | undefined> {
    this.#next ??= this.#askNext();
    const { names, found } = this.#next;
    names.add(name);
    return (await found).get(name);
  }

  #askNext(): Question {
    const names = new Set<string>();
    const found = this.#underWay.then(() => {
      this.#next = undefined;
      return this.#archive.keys([...names]);
    });
    this.#underWay = found.catch(() => undefined);
    return { names, found };
  }
}
