import { StoreUnavailable } from '../../store/event-store.ts';
import type { Archive, PersonKey, Row } from '../archive.ts';
import { PERSONAL_COLUMNS, columnsOf } from '../entry/entry.ts';
import type { Entry } from '../entry/entry.ts';
import { entryText, isPersonal, keyNameOf } from '../chain/entry-text.ts';
import { NO_LINK, linkHash } from '../chain/link.ts';
import type { ChainHead } from '../chain/link.ts';
import type { SortableId } from '../ids/sortable-id.ts';
import type { PersonKeys } from './person-keys.ts';

/** Times that an add is tried against a head that moved, or keys that were forgotten. */
const TRIES = 4;

const NO_IDS: ReadonlySet<SortableId> = new Set();

/** What is known of the names of keys before they are asked for: which were forgotten, and which nobody can have made yet. */
interface KeyNames {
  readonly forgotten: ReadonlySet<string>;
  readonly unmade: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();
const NOTHING_KNOWN: KeyNames = { forgotten: NONE, unmade: NONE };

/** Extends one chain. */
export class ChainWriter {
  readonly #archive: Archive;
  readonly #chain: number;
  readonly #personKeys: PersonKeys;
  #head: ChainHead | undefined;
  /** The hash of an entry behind which nothing had to be signed. */
  #signedHash = NO_LINK.hash;

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
      // Mostly all of it is new: it is asked only once the archive has refused, as it does where an id is taken or a key another.
      const isFirst = tried === 0;
      const known = isFirst ? NO_IDS : await this.#archive.known(entries.map(({ id }) => id));
      const fresh = await this.#fresh(entries, known);
      if (fresh.length === 0) return;
      const names = isFirst ? { ...NOTHING_KNOWN, unmade: begunIn(fresh) } : await this.#askNames(fresh);
      if (await this.#addBehind(head, fresh, names)) return;
    }
    throw new StoreUnavailable('another writer extends this chain of the record');
  }

  /**
   * Adds a signed head behind what was added since the last one, by this writer or by any other. @param entryOf makes the entry that signs.
   *
   * @returns false where another writer extended the chain meanwhile, and it is not signed.
   * @throws as {@link ChainWriter.add} does.
   */
  async sign(entryOf: (chain: number, head: ChainHead) => Promise<Entry>): Promise<boolean> {
    const head = await this.#unsignedHead();
    if (head === undefined) return true;
    if (!(await this.#addBehind(head, [await entryOf(this.#chain, head)]))) return false;
    this.#signedHash = this.#head?.hash ?? NO_LINK.hash;
    return true;
  }

  /** Whether the chain ends in an entry that no signature covers, whoever added it. */
  async isUnsigned(): Promise<boolean> {
    return (await this.#unsignedHead()) !== undefined;
  }

  // Asked anew each time: what this writer remembers may be from before others wrote, or from before a failover took some of it back.
  async #unsignedHead(): Promise<ChainHead | undefined> {
    const head = await this.#archive.head(this.#chain);
    if (head.hash === this.#signedHash) return undefined;
    const [last] = await this.#archive.links(this.#chain, head.link, 1);
    if (last?.hash !== head.hash || (JSON.parse(last.text) as Entry['facts']).kind !== 'head') return head;
    this.#signedHash = head.hash;
    return undefined;
  }

  /**
   * Adds right behind a head; false where the chain stands elsewhere by now, or a key is another. What comes late of a ticket whose key
   * was forgotten tells of nobody.
   */
  async #addBehind(
    behind: ChainHead,
    entries: readonly Entry[],
    names: KeyNames = NOTHING_KNOWN,
  ): Promise<boolean> {
    this.#head = undefined;
    const { rows, keys, head } = await this.#rowsOf(entries, behind, names);
    if (!(await this.#archive.add(this.#chain, behind, rows, keys))) return false;
    this.#head = head;
    this.#personKeys.remember(keys);
    return true;
  }

  async #askNames(entries: readonly Entry[]): Promise<KeyNames> {
    const names = entries.filter(isPersonal).map(keyNameOf);
    if (names.length === 0) return NOTHING_KNOWN;
    return { ...NOTHING_KNOWN, forgotten: await this.#personKeys.forgotten(names) };
  }

  /** Entries that are not kept yet, each under an id that nothing else has. @param known their ids that are taken. */
  async #fresh(entries: readonly Entry[], known: ReadonlySet<SortableId>): Promise<Entry[]> {
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
    { forgotten, unmade }: KeyNames,
  ): Promise<{ rows: Row[]; keys: PersonKey[]; head: ChainHead }> {
    const names = entries.filter(isPersonal).map(keyNameOf);
    const needed = names.filter((name) => !forgotten.has(name));
    const known = await this.#personKeys.of(needed, unmade);
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

/** Names of the keys of tickets that begin among these: nothing of them was kept before. */
function begunIn(entries: readonly Entry[]): ReadonlySet<string> {
  return new Set(entries.filter(({ facts }) => facts.kind === 'minted').map(keyNameOf));
}
