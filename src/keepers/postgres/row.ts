import { hash } from 'node:crypto';
import type { Kept, PersonKey, Row } from '../../record/archive.ts';
import type { Column, ColumnName } from '../../record/entry/entry.ts';
import type { SortableId } from '../../record/ids/sortable-id.ts';

const LAST_ID = (1n << 63n) - 1n;

/** The characters of a digest: 96 bits. */
const DIGEST_LENGTH = 16;

/** Where a column's values stand; an entry may have two addresses. */
export const PLACES: Readonly<Record<ColumnName, readonly string[]>> = {
  ticket: ['ticket'],
  session: ['session'],
  client: ['client'],
  kind: ['kind'],
  user: ['person'],
  decided: ['decided'],
  address: ['address', 'browser'],
};

/** The columns of a table of entries, in the order of {@link valuesOf}, and their types. */
export const COLUMNS = [
  ['id', 'bigint'],
  ['chain', 'integer'],
  ['link', 'bigint'],
  ['hash', 'text'],
  ['text', 'text'],
  ['key', 'text'],
  ...Object.values(PLACES)
    .flat()
    .map((place) => [place, 'text'] as const),
] as const;

/** How a column's value is kept: a digest, so that none is too long for an index, or tells of a person. */
export function digestOf(value: string): string {
  return hash('sha256', value, 'base64url').slice(0, DIGEST_LENGTH);
}

/** The name of a key as it is kept: a text of the database holds no NUL. */
export function nameOf(name: string): string {
  return /^[\w-]{1,200}$/.test(name) ? name : `digest ${digestOf(name)}`;
}

/** A row's values, as {@link COLUMNS} names them. */
export function valuesOf(row: Row): readonly (string | number | bigint | null)[] {
  const { id, chain, link, hash, text, columns } = row;
  const places = Object.entries(PLACES).flatMap(([name, { length }]) => {
    const found = columns.filter((column) => column.name === name).map(({ value }) => digestOf(value));
    return Array.from({ length }, (_, index) => found[index] ?? null);
  });
  return [id, chain, link, hash, text, nameOf(row.key), ...places];
}

/** The youngest entry that each key seals, by the key's name as it is kept. */
export function youngestOf(rows: readonly Row[], keys: readonly PersonKey[]): ReadonlyMap<string, bigint> {
  const youngest = new Map(keys.map(({ name }) => [nameOf(name), 0n]));
  for (const row of rows) {
    const name = nameOf(row.key);
    const known = youngest.get(name);
    if (known !== undefined && row.id > known) youngest.set(name, row.id);
  }
  return youngest;
}

/** An entry that was read. */
export function keptIn(row: Readonly<Record<string, unknown>>): Kept {
  return {
    id: BigInt(String(row['id'])),
    text: String(row['text']),
    chain: Number(row['chain']),
    link: Number(row['link']),
    hash: String(row['hash']),
  };
}

/** Whether a column is one that {@link PLACES} knows by several places. */
export function placesOf({ name }: Column): readonly string[] {
  return PLACES[name];
}

/** The smallest of these ids and the largest: so that few tables are looked at. */
export function boundsOf(ids: readonly SortableId[]): readonly [SortableId, SortableId] {
  return ids.reduce(([from, to], id) => [id < from ? id : from, id > to ? id : to] as const, [
    LAST_ID,
    0n,
  ] as readonly [SortableId, SortableId]);
}
