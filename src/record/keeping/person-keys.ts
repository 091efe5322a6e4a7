import type { Archive, PersonKey } from '../archive.ts';

/** How many keys are remembered: tickets live minutes, and their entries come in that time. */
const REMEMBERED_MAX = 20_000;

/** The keys that seal what entries say of a person: those of the archive, and new ones. */
export class PersonKeys {
  readonly #archive: Pick<Archive, 'keys' | 'forgotten'>;
  readonly #makeKey: () => Buffer;
  readonly #remembered = new Map<string, Buffer>();

  /** @param makeKey 32 random bytes. */
  constructor(archive: Pick<Archive, 'keys' | 'forgotten'>, makeKey: () => Buffer) {
    this.#archive = archive;
    this.#makeKey = makeKey;
  }

  /**
   * A key for each name, a new one where there is none: all are to be kept with what they seal, as the old ones may go meanwhile.
   *
   * @param unmade names that are not asked for: none has a key, as far as anybody knows.
   */
  async of(names: readonly string[], unmade: ReadonlySet<string>): Promise<ReadonlyMap<string, Buffer>> {
    const wanted = [...new Set(names)];
    const known = new Map<string, Buffer>();
    for (const name of wanted) {
      const bytes = this.#remembered.get(name);
      if (bytes !== undefined) known.set(name, bytes);
    }
    const others = wanted.filter((name) => !known.has(name));
    const asked = others.filter((name) => !unmade.has(name));
    if (asked.length > 0) for (const [name, bytes] of await this.#archive.keys(asked)) known.set(name, bytes);
    for (const name of others) if (!known.has(name)) known.set(name, this.#makeKey());
    return known;
  }

  /** Remembers keys that are kept now. */
  remember(keys: readonly PersonKey[]): void {
    for (const { name, bytes } of keys) {
      this.#remembered.set(name, bytes);
      if (this.#remembered.size <= REMEMBERED_MAX) continue;
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
  }

  /**
   * Which of these names nothing may be kept under any more, and remembers none of what it did: for whoever was refused, as another
   * node may have made a key, or forgotten one.
   */
  async forgotten(names: readonly string[]): Promise<ReadonlySet<string>> {
    this.#remembered.clear();
    return await this.#archive.forgotten([...new Set(names)]);
  }

  /** A key that nobody keeps: what it seals is erased from the beginning. */
  unkept(): Buffer {
    return this.#makeKey();
  }
}
