import type { Kept, Row } from '../../record/archive.ts';
import type { SortableId } from '../../record/ids/sortable-id.ts';
import { decoded, encoded } from '../../store/file/record.ts';
import { PERSONAL_LETTERS, columnKey, columnText, entryKey, linkKey } from './archive-keys.ts';

/** What is written under a key; null: it goes. */
export interface Change {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** What is kept of an entry besides its text. Columns are as {@link columnText} writes them. */
export type RowFields = readonly [chain: number, link: number, hash: string, columns: readonly string[]];

export const NOTHING = Buffer.alloc(0);
/** What a key takes besides itself and its value, in bytes. */
const KEY_BYTES = 16;

/** What these take of the archive, in bytes. */
export function rowBytes(changes: readonly Change[]): number {
  return changes.reduce((sum, { key, value }) => sum + KEY_BYTES + key.length + (value?.length ?? 0), 0);
}

/** What keeps an entry, but for keys and the chain. */
export function changesOf(row: Row): Change[] {
  return changesOfTexts(row, row.columns.map(columnText));
}

/** The same. @param texts its columns as {@link columnText} writes them */
export function changesOfTexts({ id, text, chain, link, hash }: Kept, texts: readonly string[]): Change[] {
  const place = Buffer.alloc(8);
  place.writeBigUInt64BE(id);
  return [
    { key: entryKey(id), value: encoded([chain, link, hash, texts], text) },
    { key: linkKey(chain, link), value: place },
    ...texts.map((column) => ({ key: columnKey(column, id), value: NOTHING })),
  ];
}

/**
 * What takes from an entry what a person is found by, and how many bytes less that is.
 *
 * @param record the entry as it is kept; undefined where it is not.
 */
export function impersonal(
  id: SortableId,
  record: Buffer | undefined,
): { readonly changes: readonly Change[]; readonly bytes: number } {
  if (record === undefined) return { changes: [], bytes: 0 };
  const { fields, body } = decoded(record);
  const [chain, link, hash, columns] = fields as RowFields;
  const going = columns.filter((column) => PERSONAL_LETTERS.has(column.slice(0, 1)));
  if (going.length === 0) return { changes: [], bytes: 0 };
  const staying = columns.filter((column) => !going.includes(column));
  const value = encoded([chain, link, hash, staying], body);
  const removed = going.map((column) => ({ key: columnKey(column, id), value: null }));
  return {
    changes: [{ key: entryKey(id), value }, ...removed],
    bytes: rowBytes(removed) + record.length - value.length,
  };
}
