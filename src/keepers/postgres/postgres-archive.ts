import type { Archive, Kept, Page, PersonKey, Row } from '../../record/archive.ts';
import { NO_LINK } from '../../record/chain/link.ts';
import type { ChainHead } from '../../record/chain/link.ts';
import type { SortableId } from '../../record/ids/sortable-id.ts';
import type { Database, Statements } from './database.ts';
import { Days } from './days.ts';
import { forget } from './forget.ts';
import { letGo } from './let-go.ts';
import { migrateDatabase } from './migration.ts';
import { windowsOf } from './windows.ts';
import type { Window } from './windows.ts';
import { COLUMNS, PLACES, boundsOf, digestOf, keptIn, nameOf, valuesOf, youngestOf } from './row.ts';

const KEPT = 'id, chain, link, hash, text';
const NAMES = COLUMNS.map(([name]) => name).join(', ');
const ARRAYS = COLUMNS.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');
const INSERT = `INSERT INTO scangate_entries (${NAMES}) SELECT * FROM unnest(${ARRAYS}) ON CONFLICT DO NOTHING`;
// One that was forgotten has no bytes, and equals none.
const INSERT_KEYS = `INSERT INTO scangate_keys AS known (name, bytes, last_id)
  SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[])
  ON CONFLICT (name) DO UPDATE SET last_id = greatest(known.last_id, excluded.last_id) WHERE known.bytes = excluded.bytes`;
const MOVE = 'UPDATE scangate_chains SET link = $4, hash = $5 WHERE chain = $1 AND link = $2 AND hash = $3';
const BEGIN_CHAIN =
  "INSERT INTO scangate_chains (chain, link, hash) VALUES ($1, 0, '') ON CONFLICT DO NOTHING";

/**
 * The archive in PostgreSQL: a table a day, so that old days go as a whole. A chain's head is compared and moved in the
 * transaction that adds, which makes its writer one.
 */
export class PostgresArchive implements Archive {
  readonly #database: Database;
  readonly #days: Days;
  readonly #writes: boolean;
  readonly #wallNow: () => number;
  #ready: Promise<unknown> | undefined;

  /** @param wallNow milliseconds since the epoch. @param writes false: it is only read, and tables are not made. */
  constructor(database: Database, wallNow: () => number, writes = true) {
    this.#wallNow = wallNow;
    this.#database = database;
    this.#days = new Days(database);
    this.#writes = writes;
  }

  async head(chain: number): Promise<ChainHead> {
    const [row] = await this.#read('SELECT link, hash FROM scangate_chains WHERE chain = $1', [chain]);
    return row === undefined ? NO_LINK : headIn(row);
  }

  async floor(chain: number): Promise<ChainHead | undefined> {
    const text =
      'SELECT floor_link, floor_hash FROM scangate_chains WHERE chain = $1 AND floor_link IS NOT NULL';
    const [row] = await this.#read(text, [chain]);
    return row && { link: Number(row['floor_link']), hash: String(row['floor_hash']) };
  }

  async heads(): Promise<ReadonlyMap<number, ChainHead>> {
    const text = 'SELECT chain, link, hash FROM scangate_chains WHERE link > 0 ORDER BY chain';
    const rows = await this.#read(text);
    return new Map(rows.map((row) => [Number(row['chain']), headIn(row)]));
  }

  async known(ids: readonly SortableId[]): Promise<ReadonlySet<SortableId>> {
    if (ids.length === 0) return new Set();
    const [from, to] = boundsOf(ids);
    const text = 'SELECT id FROM scangate_entries WHERE id = ANY ($1::bigint[]) AND id >= $2 AND id <= $3';
    const rows = await this.#read(text, [ids, from, to]);
    return new Set(rows.map(({ id }) => BigInt(String(id))));
  }

  async add(
    chain: number,
    behind: ChainHead,
    rows: readonly Row[],
    keys: readonly PersonKey[],
  ): Promise<boolean> {
    const last = rows.at(-1);
    if (last === undefined) return true;
    await this.#prepare();
    await this.#days.make(rows.map(({ id }) => id));
    const added = await this.#database.transaction(async (statements) => {
      if (behind.link === 0) await statements.query(BEGIN_CHAIN, [chain]);
      const moved = await statements.query(MOVE, [chain, behind.link, behind.hash, last.link, last.hash]);
      if (moved.rowCount !== 1) return undefined;
      if (!(await addKeys(statements, rows, keys))) return undefined;
      const values = rows.map(valuesOf);
      const columns = COLUMNS.map((_, index) => values.map((row) => row[index]));
      const { rowCount } = await statements.query(INSERT, columns);
      return rowCount === rows.length ? true : undefined;
    });
    return added === true;
  }

  async find(page: Page): Promise<readonly Kept[]> {
    let found: readonly Kept[] = [];
    for (const window of windowsOf(page, this.#wallNow())) {
      found = await this.#findIn(page, window);
      if (found.length >= page.limit) break;
    }
    return found;
  }

  async #findIn({ column, newestFirst = false, limit }: Page, { after, before }: Window) {
    const order = `id > $1 AND id < $2 ORDER BY id ${newestFirst ? 'DESC' : 'ASC'} LIMIT $3`;
    const values = [after, before, limit];
    if (column === undefined)
      return (await this.#read(`SELECT ${KEPT} FROM scangate_entries WHERE ${order}`, values)).map(keptIn);
    const parts = PLACES[column.name].map(
      (place) => `(SELECT ${KEPT} FROM scangate_entries WHERE ${place} = $4 AND ${order})`,
    );
    const text = `SELECT ${KEPT} FROM (${parts.join(' UNION ')}) AS found WHERE ${order}`;
    return (
      await this.#read(parts.length === 1 ? (parts[0] as string) : text, [...values, digestOf(column.value)])
    ).map(keptIn);
  }

  async links(chain: number, from: number, limit: number): Promise<readonly Kept[]> {
    const text = `SELECT ${KEPT} FROM scangate_entries WHERE chain = $1 AND link >= $2 ORDER BY link LIMIT $3`;
    return (await this.#read(text, [chain, from, limit])).map(keptIn);
  }

  async keys(names: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
    if (names.length === 0) return new Map();
    const text = 'SELECT name, bytes FROM scangate_keys WHERE name = ANY ($1::text[]) AND bytes IS NOT NULL';
    const rows = await this.#read(text, [names.map(nameOf)]);
    const found = new Map(rows.map(({ name, bytes }) => [String(name), bytes as Buffer]));
    return new Map(
      names.flatMap((name): [string, Buffer][] => {
        const bytes = found.get(nameOf(name));
        return bytes === undefined ? [] : [[name, bytes]];
      }),
    );
  }

  async forgotten(names: readonly string[]): Promise<ReadonlySet<string>> {
    if (names.length === 0) return new Set();
    const text = 'SELECT name FROM scangate_keys WHERE name = ANY ($1::text[]) AND bytes IS NULL';
    const rows = await this.#read(text, [names.map(nameOf)]);
    const found = new Set(rows.map(({ name }) => String(name)));
    return new Set(names.filter((name) => found.has(nameOf(name))));
  }

  async forget(names: readonly string[], ids: readonly SortableId[]): Promise<void> {
    await this.#prepare();
    await forget(this.#database, names, ids);
  }

  async trim(before: SortableId, limit: number): Promise<number> {
    await this.#prepare();
    return await letGo(this.#database, before, limit);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #read(text: string, values: readonly unknown[] = []) {
    await this.#prepare();
    return (await this.#database.query(text, values)).rows;
  }

  /** Makes the tables, once; again where it did not work out. */
  async #prepare(): Promise<void> {
    if (!this.#writes) return;
    this.#ready ??= migrateDatabase(this.#database);
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
  }
}

function headIn(row: Readonly<Record<string, unknown>>): ChainHead {
  return { link: Number(row['link']), hash: String(row['hash']) };
}

/** Keeps keys that are not there yet; false where one is another, or was forgotten. In one order, so that no two wait for each other. */
async function addKeys(
  statements: Statements,
  rows: readonly Row[],
  keys: readonly PersonKey[],
): Promise<boolean> {
  if (keys.length === 0) return true;
  const youngest = youngestOf(rows, keys);
  const bytes = new Map(keys.map((key) => [nameOf(key.name), key.bytes]));
  const names = [...bytes.keys()].toSorted();
  const { rowCount } = await statements.query(INSERT_KEYS, [
    names,
    names.map((name) => bytes.get(name)),
    names.map((name) => youngest.get(name)),
  ]);
  return rowCount === names.length;
}
