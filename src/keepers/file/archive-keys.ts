import { hash } from 'node:crypto';
import type { Column, ColumnName } from '../../record/entry/entry.ts';
import type { SortableId } from '../../record/ids/sortable-id.ts';
import type { KeyRange } from '../../store/file/disk/environment.ts';

/**
 * Every key of the archive in a folder. Numbers in them are big-endian, so they sort by value.
 *
 *     f                       the format
 *     r<id>                   one entry
 *     l<chain><link>          which entry stands there in a chain
 *     h<chain>                where a chain stands
 *     i<column><digest><id>   entries by what they are found by
 *     k<name>                 a key that seals what entries say of a person; empty: it was forgotten
 *     b                       bytes held
 *     g<chain>                the last entry of a chain that was let go
 */
export const FORMAT_KEY = Buffer.from('f');
export const BYTES_KEY = Buffer.from('b');

const LETTERS: Readonly<Record<ColumnName, string>> = {
  ticket: 't',
  session: 's',
  user: 'u',
  decided: 'd',
  address: 'a',
  client: 'c',
  kind: 'k',
};

/** The letters of the columns that go when a person is forgotten. */
export const PERSONAL_LETTERS: ReadonlySet<string> = new Set([
  LETTERS.user,
  LETTERS.decided,
  LETTERS.address,
]);

/** The characters of a digest: 96 bits. */
const DIGEST_LENGTH = 16;

export function entryKey(id: SortableId): Buffer {
  return Buffer.concat([ENTRY, long(id)]);
}

const ENTRY = Buffer.from('r');
const LAST_ID = (1n << 63n) - 1n;

/** Entries with an id above `after` and below `before`. */
export function entryRange(after: SortableId | undefined, before: SortableId | undefined): KeyRange {
  return idRange(ENTRY, after, before);
}

export function linkKey(chain: number, link: number): Buffer {
  return Buffer.concat([Buffer.from('l'), short(chain), long(BigInt(link))]);
}

export function linkRange(chain: number, from: number): KeyRange {
  return { start: linkKey(chain, from), end: linkKey(chain, Number.MAX_SAFE_INTEGER) };
}

export function chainKey(chain: number): Buffer {
  return Buffer.concat([Buffer.from('h'), short(chain)]);
}

export function floorKey(chain: number): Buffer {
  return Buffer.concat([Buffer.from('g'), short(chain)]);
}

export const CHAIN_RANGE: KeyRange = { start: Buffer.from('h'), end: Buffer.from('i') };

export function chainOfKey(key: Buffer): number {
  return key.readUInt16BE(1);
}

/** How a column's value is written in keys: a letter and a digest, so that no value is too long for a key. */
export function columnText({ name, value }: Column): string {
  return LETTERS[name] + hash('sha256', value, 'base64url').slice(0, DIGEST_LENGTH);
}

/** @param column as {@link columnText} writes it. */
export function columnKey(column: string, id: SortableId): Buffer {
  return Buffer.concat([Buffer.from(`i${column}`), long(id)]);
}

export function columnRange(
  column: Column,
  after: SortableId | undefined,
  before: SortableId | undefined,
): KeyRange {
  return idRange(Buffer.from(`i${columnText(column)}`), after, before);
}

/** The id that an entry's or a column's key ends with. */
export function idOfKey(key: Buffer): SortableId {
  return key.readBigUInt64BE(key.length - 8);
}

export function personKey(name: string): Buffer {
  return Buffer.from(`k${name}`);
}

function idRange(prefix: Buffer, after: SortableId = -1n, before: SortableId = LAST_ID + 1n): KeyRange {
  return {
    start: Buffer.concat([prefix, long(after + 1n)]),
    end: Buffer.concat([prefix, long(before)]),
  };
}

function short(number: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(number);
  return bytes;
}

function long(number: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(number);
  return bytes;
}
