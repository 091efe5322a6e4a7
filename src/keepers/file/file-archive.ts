import type { Archive, Kept, PersonKey, Row } from '../../record/archive.ts';
import { keyNameOf } from '../../record/chain/entry-text.ts';
import { NO_LINK } from '../../record/chain/link.ts';
import type { ChainHead } from '../../record/chain/link.ts';
import type { Facts } from '../../record/entry/entry.ts';
import type { SortableId } from '../../record/ids/sortable-id.ts';
import type { Environment } from '../../store/file/disk/environment.ts';
import { decoded, encoded } from '../../store/file/record.ts';
import { StoreUnavailable } from '../../store/event-store.ts';
import type { DiskRoom } from '../../store/file/disk/environment.ts';
import {
  BYTES_KEY,
  CHAIN_RANGE,
  chainKey,
  chainOfKey,
  columnKey,
  columnRange,
  entryKey,
  entryRange,
  floorKey,
  idOfKey,
  linkRange,
  personKey,
} from './archive-keys.ts';
import { NOTHING, changesOf, changesOfTexts, impersonal, rowBytes } from './archive-changes.ts';
import type { Change, RowFields } from './archive-changes.ts';
import { freeMinOf } from './disk-share.ts';

/** Where an entry stands in its chain. */
interface Place {
  readonly key: Buffer;
  readonly id: SortableId;
}

export interface FileArchiveOptions {
  /** The most that is held, in bytes of entries with what they are found by; the file is about twice as long. */
  readonly bytesMax: number;
  /** Told of entries that went for that bound, before they were old. */
  readonly onDropped: (count: number) => void;
  /** How much of a disk stays free, in bytes: sign-ins need it more. */
  readonly freeMinOf: (room: DiskRoom) => number;
}

const UNBOUNDED: FileArchiveOptions = {
  bytesMax: Number.MAX_SAFE_INTEGER,
  onDropped: () => undefined,
  freeMinOf,
};

/** How many entries go in one step where the bound in bytes is passed. */
const STEP = 200;

/** The archive in a folder. What is asked of it is done in turn: an environment has one commit at a time. */
export class FileArchive implements Archive {
  readonly #environment: Environment;
  readonly #options: FileArchiveOptions;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(environment: Environment, options: Partial<FileArchiveOptions> = {}) {
    this.#environment = environment;
    this.#options = { ...UNBOUNDED, ...options };
  }

  async head(chain: number): Promise<ChainHead> {
    return this.#headOf(chain);
  }

  async floor(chain: number): Promise<ChainHead | undefined> {
    return this.#placeAt(floorKey(chain));
  }

  async heads(): Promise<ReadonlyMap<number, ChainHead>> {
    const chains = this.#environment.keys(CHAIN_RANGE, CHAINS_MAX).map(chainOfKey);
    return new Map(chains.map((chain) => [chain, this.#headOf(chain)]));
  }

  async known(ids: readonly SortableId[]): Promise<ReadonlySet<SortableId>> {
    return new Set(ids.filter((id) => this.#environment.get(entryKey(id)) !== undefined));
  }

  add(chain: number, behind: ChainHead, rows: readonly Row[], keys: readonly PersonKey[]): Promise<boolean> {
    return this.#inTurn(async () => {
      const head = this.#headOf(chain);
      if (head.link !== behind.link || head.hash !== behind.hash) return false;
      if (rows.some(({ id }) => this.#environment.get(entryKey(id)) !== undefined)) return false;
      if (keys.some((key) => this.#isAnother(key))) return false;
      const last = rows.at(-1);
      if (last === undefined) return true;
      await this.#checkRoom();
      const changes: Change[] = rows.flatMap((row) => changesOf(row));
      changes.push(...keys.map(({ name, bytes }) => ({ key: personKey(name), value: bytes })));
      changes.push({ key: chainKey(chain), value: encoded([last.link, last.hash]) });
      await this.#environment.write([...changes, this.#bytesChanged(rowBytes(rows.flatMap(changesOf)))]);
      await this.#keepBound();
      return true;
    });
  }

  async find({ column, after, before, newestFirst = false, limit }: Parameters<Archive['find']>[0]) {
    const range = column === undefined ? entryRange(after, before) : columnRange(column, after, before);
    const keys = newestFirst
      ? this.#environment.keysDown(range, limit)
      : this.#environment.keys(range, limit);
    return keys.flatMap((key) => this.#kept(idOfKey(key)));
  }

  async links(chain: number, from: number, limit: number): Promise<readonly Kept[]> {
    const keys = this.#environment.keys(linkRange(chain, from), limit);
    return keys.flatMap((key) => {
      const id = this.#environment.get(key);
      return id === undefined ? [] : this.#kept(id.readBigUInt64BE());
    });
  }

  async keys(names: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
    const found = names.map((name) => [name, this.#environment.get(personKey(name))] as const);
    return new Map(found.filter((pair): pair is [string, Buffer] => (pair[1]?.length ?? 0) > 0));
  }

  async forgotten(names: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(names.filter((name) => this.#environment.get(personKey(name))?.length === 0));
  }

  forget(names: readonly string[], ids: readonly SortableId[]): Promise<void> {
    return this.#inTurn(async () => {
      const rows = [...new Set(ids)].map((id) => impersonal(id, this.#environment.get(entryKey(id))));
      const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
      const changes: Change[] = [
        ...rows.flatMap((row) => row.changes),
        ...names
          .map(personKey)
          .filter((key) => (this.#environment.get(key)?.length ?? 0) > 0)
          .map((key) => ({ key, value: NOTHING })),
      ];
      if (changes.length > 0) await this.#environment.write([...changes, this.#bytesChanged(-bytes)]);
    });
  }

  trim(before: SortableId, limit: number): Promise<number> {
    return this.#inTurn(() => this.#trim(before, limit));
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#environment.close();
  }

  async #trim(before: SortableId, limit: number): Promise<number> {
    const places = this.#oldest(before, limit);
    const ids = new Set(places.map(({ id }) => id));
    const bytes = places.reduce((sum, { id }) => sum + this.#bytesOf(id), 0);
    const changes = places.flatMap((place) => this.#removalsOf(place, ids));
    if (changes.length > 0) await this.#environment.write([...changes, this.#bytesChanged(-bytes)]);
    return places.length;
  }

  /** The oldest before an id, of each chain from its low end up to the first that is younger. */
  #oldest(before: SortableId, limit: number): readonly Place[] {
    const places: (Place & { readonly order: SortableId })[] = [];
    for (const chain of this.#environment.keys(CHAIN_RANGE, CHAINS_MAX).map(chainOfKey)) {
      let order = 0n;
      for (const key of this.#environment.keys(linkRange(chain, 0), limit)) {
        const id = this.#environment.get(key)?.readBigUInt64BE() ?? 0n;
        if (id >= before) break;
        order = id > order ? id : order;
        places.push({ key, id, order });
      }
    }
    return places.sort((one, other) => Number(one.order - other.order)).slice(0, limit);
  }

  async #keepBound(): Promise<void> {
    while (this.#bytes() > this.#options.bytesMax) {
      const gone = await this.#trim(LAST_ID, STEP);
      if (gone === 0) return;
      this.#options.onDropped(gone);
    }
  }

  async #checkRoom(): Promise<void> {
    const room = await this.#environment.room();
    if (room.freeBytes >= this.#options.freeMinOf(room)) return;
    throw new StoreUnavailable('what is left of the disk is for sign-ins, and the record takes none of it');
  }

  #bytes(): number {
    this.#environment.refresh();
    const record = this.#environment.get(BYTES_KEY);
    return record === undefined ? 0 : (decoded(record).fields as readonly [number])[0];
  }

  #bytesChanged(by: number): Change {
    return { key: BYTES_KEY, value: encoded([Math.max(0, this.#bytes() + by)]) };
  }

  #bytesOf(id: SortableId): number {
    const record = this.#environment.get(entryKey(id));
    if (record === undefined) return 0;
    const { fields, body } = decoded(record);
    const [chain, link, hash, columns] = fields as RowFields;
    return rowBytes(changesOfTexts({ id, text: body, chain, link, hash }, columns));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => {
      this.#environment.refresh();
      return work();
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #headOf(chain: number): ChainHead {
    return this.#placeAt(chainKey(chain)) ?? NO_LINK;
  }

  #isAnother({ name, bytes }: PersonKey): boolean {
    const there = this.#environment.get(personKey(name));
    return there !== undefined && !there.equals(bytes);
  }

  #placeAt(key: Buffer): ChainHead | undefined {
    const record = this.#environment.get(key);
    if (record === undefined) return undefined;
    const [link, hash] = decoded(record).fields as readonly [number, string];
    return { link, hash };
  }

  #kept(id: SortableId): Kept[] {
    const record = this.#environment.get(entryKey(id));
    if (record === undefined) return [];
    const { fields, body } = decoded(record);
    const [chain, link, hash] = fields as RowFields;
    return [{ id, text: body, chain, link, hash }];
  }

  /** What goes with an entry: its place, its columns, and its key, unless entries need that which stay. */
  #removalsOf({ key, id }: Place, going: ReadonlySet<SortableId>): Change[] {
    const record = this.#environment.get(entryKey(id));
    if (record === undefined) return [{ key, value: null }];
    const { fields, body } = decoded(record);
    const [chain, link, hash, columns] = fields as RowFields;
    const keys = [key, entryKey(id), ...columns.map((column) => columnKey(column, id))];
    const facts = JSON.parse(body) as Facts;
    if (facts.ticket_id === undefined || !this.#isNeeded(facts.ticket_id, going))
      keys.push(personKey(keyNameOf({ id, facts })));
    return [
      ...keys.map((each) => ({ key: each, value: null })),
      { key: floorKey(chain), value: encoded([link, hash]) },
    ];
  }

  #isNeeded(ticketId: string, going: ReadonlySet<SortableId>): boolean {
    const range = columnRange({ name: 'ticket', value: ticketId }, undefined, undefined);
    return this.#environment.keys(range, going.size + 1).some((key) => !going.has(idOfKey(key)));
  }
}

/** More chains than there can be. */
const CHAINS_MAX = 10_000;
const LAST_ID = (1n << 63n) - 1n;
