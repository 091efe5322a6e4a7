import type { Archive, Kept, PersonKey, Row } from '../../record/archive.ts';
import { NO_LINK } from '../../record/chain/link.ts';
import type { ChainHead } from '../../record/chain/link.ts';
import { PERSONAL_COLUMNS } from '../../record/entry/entry.ts';
import type { ColumnName } from '../../record/entry/entry.ts';
import type { SortableId } from '../../record/ids/sortable-id.ts';
import type { RecordCalls } from '../../store/redis/outbox/record-calls.ts';
import { StoreUnavailable } from '../../store/event-store.ts';
import { ColumnNames } from './column-names.ts';
import { isMemoryScarce } from './memory.ts';
import { ADD, FIELDS, FIND, FORGET, FORGOTTEN, HEADS, LINKS, RECORD_TAG, TRIM } from './scripts.ts';

/** How many entries go in one step where the bound in bytes is passed. */
const STEP = 20;

/** How many steps' worth of entries go at a time while memory is scarce. */
const MEMORY_STEPS = 10;
/** How often it is looked at, in milliseconds. */
const MEMORY_LOOK_MS = 1000;

interface RowValue {
  readonly text: string;
  readonly chain: string;
  readonly link: number;
  readonly hash: string;
  readonly columns: readonly string[];
  /** The name of its key, needed or not. */
  readonly key: string;
}

export interface RedisArchiveOptions {
  readonly calls: RecordCalls;
  /** The most that is held, in bytes of rows; memory is about three times as much. */
  readonly bytesMax: number;
  /** Milliseconds of a clock that only runs forwards. */
  readonly now: () => number;
  /** Told of entries that went for that bound, before they were old. */
  readonly onDropped: (count: number) => void;
}

/** The archive on the Redis of the store itself: bounded in bytes as well as in age. */
export class RedisArchive implements Archive {
  readonly #options: RedisArchiveOptions;
  readonly #columnNames = new ColumnNames();
  #roomUntil = Number.NEGATIVE_INFINITY;

  constructor(options: RedisArchiveOptions) {
    this.#options = options;
  }

  async head(chain: number): Promise<ChainHead> {
    return (await this.#placeIn('heads', chain)) ?? NO_LINK;
  }

  floor(chain: number): Promise<ChainHead | undefined> {
    return this.#placeIn('floors', chain);
  }

  async heads(): Promise<ReadonlyMap<number, ChainHead>> {
    const told = (await this.#options.calls.ask(HEADS, RECORD_TAG)) as readonly string[];
    const heads: [number, ChainHead][] = [];
    for (let index = 0; index < told.length; index += 2)
      heads.push([Number(told[index]), headIn(told[index + 1] ?? '')]);
    return new Map(heads.sort(([one], [other]) => one - other));
  }

  async known(ids: readonly SortableId[]): Promise<ReadonlySet<SortableId>> {
    const rows = await this.#fields('rows', ids.map(textOf));
    return new Set(ids.filter((_, index) => rows[index] !== ''));
  }

  async add(
    chain: number,
    behind: ChainHead,
    rows: readonly Row[],
    keys: readonly PersonKey[],
  ): Promise<boolean> {
    const last = rows.at(-1);
    if (last === undefined) return true;
    const byColumn = new Map<string, string[]>();
    const written = rows.flatMap((row) => {
      const id = textOf(row.id);
      const columns = row.columns.map((column) => this.#columnNames.of(column));
      for (const column of columns) {
        const ids = byColumn.get(column);
        if (ids === undefined) byColumn.set(column, [id]);
        else ids.push(id);
      }
      return [id, rowText(row, columns), row.link];
    });
    const moved = [RECORD_TAG, chain, headText(behind), headText(last)];
    const counts = [rows.length, keys.length, byColumn.size];
    const sealing = keys.flatMap(({ name, bytes }) => [name, bytes.toString('base64url')]);
    const found = [...byColumn].flatMap(([column, ids]) => [column, ids.length, ...ids]);
    await this.#takeRoom();
    const { calls, bytesMax, onDropped } = this.#options;
    const asked = [...moved, ...counts, ...written, ...sealing, ...found];
    const bytes = (await calls.change(ADD, ...asked)) as number;
    if (bytes < 0) return false;
    let left = bytes;
    while (left > bytesMax) {
      const [gone, held] = await this.#trim(LAST_ID, STEP);
      if (gone === 0) break;
      onDropped(gone);
      left = held;
    }
    return true;
  }

  async find({ column, after, before, newestFirst = false, limit }: Parameters<Archive['find']>[0]) {
    const from = after === undefined ? '-' : `(${textOf(after)}`;
    const to = before === undefined ? '+' : `(${textOf(before)}`;
    const set = column === undefined ? 'ids' : `column:${this.#columnNames.of(column)}`;
    const reply = await this.#options.calls.ask(FIND, set, from, to, limit, newestFirst ? 1 : 0, RECORD_TAG);
    return keptIn(reply as readonly string[]);
  }

  async links(chain: number, from: number, limit: number): Promise<readonly Kept[]> {
    const reply = await this.#options.calls.ask(LINKS, chain, from, limit, RECORD_TAG);
    return keptIn(reply as readonly string[]);
  }

  async keys(names: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
    if (names.length === 0) return new Map();
    const found = await this.#fields('keys', names);
    const pairs = names.map((name, index) => [name, found[index] ?? ''] as const);
    return new Map(
      pairs
        .filter(([, key]) => key !== '' && key !== FORGOTTEN)
        .map(([name, key]) => [name, Buffer.from(key, 'base64url')]),
    );
  }

  async forgotten(names: readonly string[]): Promise<ReadonlySet<string>> {
    const found = await this.#fields('keys', names);
    return new Set(names.filter((_, index) => found[index] === FORGOTTEN));
  }

  async forget(names: readonly string[], ids: readonly SortableId[]): Promise<void> {
    const texts = ids.map(textOf);
    const rows = await this.#fields('rows', texts);
    const asked = {
      keys: names,
      rows: texts.flatMap((id, index) => impersonal(id, rows[index] ?? '')),
      forgotten: FORGOTTEN,
    };
    await this.#options.calls.change(FORGET, JSON.stringify(asked), RECORD_TAG);
  }

  async trim(before: SortableId, limit: number): Promise<number> {
    const [gone] = await this.#trim(before, limit);
    return gone;
  }

  /** The connections are the store's. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  /** @throws StoreUnavailable where the server's memory is needed for sign-ins; some of the oldest go then. */
  async #takeRoom(): Promise<void> {
    if (this.#options.now() < this.#roomUntil) return;
    for (let step = 0; await isMemoryScarce(this.#options.calls); step += 1) {
      const [gone] = step < MEMORY_STEPS ? await this.#trim(LAST_ID, STEP) : [0];
      if (gone === 0)
        throw new StoreUnavailable('what is left of the memory of Redis is for sign-ins, not for the record');
      this.#options.onDropped(gone);
    }
    this.#roomUntil = this.#options.now() + MEMORY_LOOK_MS;
  }

  async #trim(before: SortableId, limit: number): Promise<readonly [gone: number, bytes: number]> {
    const reply = await this.#options.calls.change(TRIM, textOf(before), limit, RECORD_TAG);
    return reply as [number, number];
  }

  async #placeIn(hash: string, chain: number): Promise<ChainHead | undefined> {
    const [text = ''] = await this.#fields(hash, [String(chain)]);
    return text === '' ? undefined : headIn(text);
  }

  async #fields(hash: string, fields: readonly string[]): Promise<readonly string[]> {
    if (fields.length === 0) return [];
    return (await this.#options.calls.ask(FIELDS, hash, RECORD_TAG, ...fields)) as string[];
  }
}

const LAST_ID = (1n << 63n) - 1n;

function headIn(text: string): ChainHead {
  const [link, linkHash = ''] = text.split(' ');
  return { link: Number(link), hash: linkHash };
}

function textOf(id: SortableId): string {
  return id.toString().padStart(19, '0');
}

function headText({ link, hash }: ChainHead): string {
  return `${link} ${hash}`;
}

/** A row as it is kept. @param columns their names. */
function rowText({ text, chain, link, hash, key }: Row, columns: readonly string[]): string {
  const value: RowValue = { text, chain: String(chain), link, hash, columns, key };
  return JSON.stringify(value);
}

/** A row without what a person is found by, and what that was; nothing where there is none. */
function impersonal(id: string, row: string): { id: string; row: string; columns: readonly string[] }[] {
  if (row === '') return [];
  const value = JSON.parse(row) as RowValue;
  const columns = value.columns.filter(isPersonal);
  const staying = value.columns.filter((column) => !isPersonal(column));
  return columns.length === 0 ? [] : [{ id, row: JSON.stringify({ ...value, columns: staying }), columns }];
}

/** @param column by its name. */
function isPersonal(column: string): boolean {
  return PERSONAL_COLUMNS.has(column.slice(0, column.indexOf(':')) as ColumnName);
}

function keptIn(reply: readonly string[]): Kept[] {
  const kept: Kept[] = [];
  for (let index = 0; index < reply.length; index += 2) {
    const [id = '', row = ''] = reply.slice(index, index + 2);
    if (row === '') continue;
    const { text, chain, link, hash } = JSON.parse(row) as RowValue;
    kept.push({ id: BigInt(id), text, chain: Number(chain), link, hash });
  }
  return kept;
}
