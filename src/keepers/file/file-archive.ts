import type { Archive, Kept, PersonKey, Row } from '../../record/archive.ts';
import { keyNameIn } from '../../record/chain/entry-text.ts';
import { NO_LINK } from '../../record/chain/link.ts';
import type { ChainHead } from '../../record/chain/link.ts';
import type { SortableId } from '../../record/ids/sortable-id.ts';
import type { Environment } from '../../store/file/disk/environment.ts';
import { decoded, encoded } from '../../store/file/record.ts';
import {
  CHAIN_RANGE,
  chainKey,
  chainOfKey,
  columnKey,
  columnRange,
  columnText,
  entryKey,
  entryRange,
  idOfKey,
  linkKey,
  linkRange,
  personKey,
} from './archive-keys.ts';

interface Change {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

type RowFields = readonly [chain: number, link: number, hash: string, columns: readonly string[]];

/** The archive in a folder. What is asked of it is done in turn: an environment has one commit at a time. */
export class FileArchive implements Archive {
  readonly #environment: Environment;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  async head(chain: number): Promise<ChainHead> {
    return this.#headOf(chain);
  }

  async chains(): Promise<readonly number[]> {
    return this.#environment.keys(CHAIN_RANGE, CHAINS_MAX).map(chainOfKey);
  }

  async known(ids: readonly SortableId[]): Promise<ReadonlySet<SortableId>> {
    return new Set(ids.filter((id) => this.#environment.get(entryKey(id)) !== undefined));
  }

  add(chain: number, behind: ChainHead, rows: readonly Row[], keys: readonly PersonKey[]): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.#headOf(chain).link !== behind.link) return false;
      const last = rows.at(-1);
      if (last === undefined) return true;
      const changes: Change[] = rows.flatMap((row) => changesOf(row));
      changes.push(...keys.map(({ name, bytes }) => ({ key: personKey(name), value: bytes })));
      changes.push({ key: chainKey(chain), value: encoded([last.link, last.hash]) });
      await this.#environment.write(changes);
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
    return new Map(found.filter((pair): pair is [string, Buffer] => pair[1] !== undefined));
  }

  trim(before: SortableId, limit: number): Promise<number> {
    return this.#inTurn(async () => {
      const keys = this.#environment.keys(entryRange(undefined, before), limit);
      const changes = keys.flatMap((key) => this.#removalsOf(idOfKey(key), before));
      if (changes.length > 0) await this.#environment.write(changes);
      return keys.length;
    });
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#environment.close();
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
    const record = this.#environment.get(chainKey(chain));
    if (record === undefined) return NO_LINK;
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

  /** What goes with an entry: its place, its columns, and its key, unless younger entries need that. */
  #removalsOf(id: SortableId, before: SortableId): Change[] {
    const record = this.#environment.get(entryKey(id));
    if (record === undefined) return [];
    const { fields, body } = decoded(record);
    const [chain, link, , columns] = fields as RowFields;
    const keys = [entryKey(id), linkKey(chain, link), ...columns.map((column) => columnKey(column, id))];
    const name = keyNameIn({ id, text: body });
    if (name !== undefined && !this.#isNeeded(name, before)) keys.push(personKey(name));
    return keys.map((key) => ({ key, value: null }));
  }

  #isNeeded(ticketId: string, from: SortableId): boolean {
    const range = columnRange({ name: 'ticket', value: ticketId }, from - 1n, undefined);
    return this.#environment.keys(range, 1).length > 0;
  }
}

/** More chains than there can be. */
const CHAINS_MAX = 10_000;
const NOTHING = Buffer.alloc(0);

function changesOf({ id, text, chain, link, hash, columns }: Row): Change[] {
  const texts = columns.map(columnText);
  const place = Buffer.alloc(8);
  place.writeBigUInt64BE(id);
  return [
    { key: entryKey(id), value: encoded([chain, link, hash, texts], text) },
    { key: linkKey(chain, link), value: place },
    ...texts.map((column) => ({ key: columnKey(column, id), value: NOTHING })),
  ];
}
