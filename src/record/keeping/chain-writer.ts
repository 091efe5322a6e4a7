import { StoreUnavailable } from '../../store/event-store.ts';
import type { Archive, PersonKey, Row } from '../archive.ts';
import { PERSONAL_COLUMNS, columnsOf } from '../entry/entry.ts';
import type { Entry } from '../entry/entry.ts';
import { entryText, isPersonal, keyNameOf } from '../chain/entry-text.ts';
import { linkHash } from '../chain/link.ts';
import type { ChainHead } from '../chain/link.ts';
import type { PersonKeys } from './person-keys.ts';

/** Times that an add is tried against a head that moved, or keys that were forgotten. */
const TRIES = 3;

const NONE: ReadonlySet<string> = new Set();

/** Extends one chain. */
export class ChainWriter {
  readonly #archive: Archive;
  readonly #chain: number;
  readonly #personKeys: PersonKeys;
  #head: ChainHead | undefined;
  /** Up to where a signature covers the chain, as far as this writer knows; undefined: it has not looked. */
  #signedLink: number | undefined;

  constructor(archive: Archive, chain: number, personKeys: PersonKeys) {
    this.#archive = archive;
    this.#chain = chain;
    this.#personKeys = personKeys;
  }

  /**
   * Keeps entries, in the order given. Those that are kept already stay as they are.
   *
   * @throws StoreUnavailable where the archive is away, or others extend the chain as well.
   */
  async add(entries: readonly Entry[]): Promise<void> {
    for (let tried = 0; tried < TRIES; tried += 1) {
      // The head first: what others add behind it from now on is refused.
      const head = this.#head ?? (await this.#archive.head(this.#chain));
      const fresh = await this.#fresh(entries);
      if (fresh.length === 0) return;
      const names = tried === 0 ? [] : fresh.filter(isPersonal).map(keyNameOf);
      const forgotten = names.length === 0 ? NONE : await this.#personKeys.forgotten(names);
      if (await this.#addBehind(head, fresh, forgotten)) return;
    }
    throw new StoreUnavailable('another writer extends this chain of the record');
  }

  /**
   * Adds a signed head behind what was added since the last one, by this writer or by one that was killed. @param entryOf makes the entry that signs.
   *
   * @throws as {@link ChainWriter.add} does.
   */
  async sign(entryOf: (chain: number, head: ChainHead) => Promise<Entry>): Promise<void> {
    const head = this.#head ?? (await this.#archive.head(this.#chain));
    this.#signedLink ??= await this.#signedAt(head);
    if (head.link <= this.#signedLink) return;
    if (await this.#addBehind(head, [await entryOf(this.#chain, head)])) this.#signedLink = head.link + 1;
  }

  async #signedAt({ link }: ChainHead): Promise<number> {
    const [last] = link === 0 ? [] : await this.#archive.links(this.#chain, link, 1);
    return last !== undefined && (JSON.parse(last.text) as Entry['facts']).kind === 'head' ? link : 0;
  }

  /**
   * Adds right behind a head; false where the chain stands elsewhere by now, or a key is another. @param forgotten names of keys
   * that were forgotten: what comes late of such a ticket tells of nobody.
   */
  async #addBehind(
    behind: ChainHead,
    entries: readonly Entry[],
    forgotten: ReadonlySet<string> = NONE,
  ): Promise<boolean> {
    this.#head = undefined;
    const { rows, keys, head } = await this.#rowsOf(entries, behind, forgotten);
    if (!(await this.#archive.add(this.#chain, behind, rows, keys))) return false;
    this.#head = head;
    this.#personKeys.remember(keys);
    return true;
  }

  /** Entries that are not kept yet, each under an id that nothing else has. */
  async #fresh(entries: readonly Entry[]): Promise<Entry[]> {
    const known = await this.#archive.known(entries.map(({ id }) => id));
    const taken = new Set<bigint>();
    const fresh: Entry[] = [];
    for (const entry of entries) {
      let { id } = entry;
      let isKept = false;
      while (!isKept && (taken.has(id) || (id === entry.id ? known.has(id) : await this.#isTaken(id)))) {
        isKept = !taken.has(id) && (await this.#isSame(id, entry));
        if (!isKept) id += 1n;
      }
      if (isKept) continue;
      taken.add(id);
      fresh.push(id === entry.id ? entry : { ...entry, id });
    }
    return fresh;
  }

  async #isTaken(id: bigint): Promise<boolean> {
    return (await this.#archive.known([id])).has(id);
  }

  // Two events of one stamp and one mark are possible, however unlikely; one of them moves up by one.
  async #isSame(id: bigint, { facts }: Entry): Promise<boolean> {
    const [kept] = await this.#archive.find({ after: id - 1n, before: id + 1n, limit: 1 });
    if (kept === undefined) return false;
    const written = JSON.parse(kept.text) as Entry['facts'];
    return (['kind', 'ticket_id', 'session_id', 'cursor'] as const).every(
      (name) => written[name] === facts[name],
    );
  }

  async #rowsOf(
    entries: readonly Entry[],
    behind: ChainHead,
    forgotten: ReadonlySet<string>,
  ): Promise<{ rows: Row[]; keys: PersonKey[]; head: ChainHead }> {
    const names = entries.filter(isPersonal).map(keyNameOf);
    const known = await this.#personKeys.of(names.filter((name) => !forgotten.has(name)));
    let head = behind;
    const rows = entries.map((entry): Row => {
      const keyName = keyNameOf(entry);
      const isErased = forgotten.has(keyName);
      const key = isErased ? this.#personKeys.unkept() : known.get(keyName);
      const text = entryText(entry, isPersonal(entry) ? key : undefined);
      head = { link: head.link + 1, hash: linkHash(head.hash, text) };
      const columns = columnsOf(entry).filter(({ name }) => !isErased || !PERSONAL_COLUMNS.has(name));
      return { id: entry.id, text, chain: this.#chain, ...head, columns, key: keyName };
    });
    return { rows, keys: [...known].map(([name, bytes]) => ({ name, bytes })), head };
  }
}
