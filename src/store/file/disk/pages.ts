import { readSync } from 'node:fs';

/** Something in the file that LMDB would trip over. */
export class Damage extends Error {}

const META_MAGIC = 0xbeefc0de;
const META_BYTES = 160;
const HEADER_BYTES = 24;
const NODE_BYTES = 8;
/** Far above what a record or a list of free pages takes, so a changed length asks for no more memory than this. */
const VALUE_BYTES_MAX = 64 * 1024 ** 2;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
const BIG_VALUE = 1;

/** The newest snapshot in an LMDB data file (the layout of lmdb-js 3, little-endian). Page numbers; null: an empty tree. */
export interface Snapshot {
  readonly file: number;
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly freeRoot: number | null;
  readonly dataRoot: number | null;
}

/** What stands on one page of a tree. */
export type Page =
  | { readonly kind: 'branch'; readonly children: readonly { readonly key: Buffer; readonly page: number }[] }
  | { readonly kind: 'leaf'; readonly entries: readonly Entry[] };

/** A key and its value; `pages` are those of its own that a large value has. */
export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly pages: readonly number[];
}

/** Reads the two headers. @throws {@link Damage} */
export function newestSnapshot(file: number): Snapshot {
  const first = headerAt(file, 0);
  const second = headerAt(file, first.pageBytes);
  if (first.pageBytes !== second.pageBytes) throw new Damage('its headers differ');
  return first.transaction >= second.transaction ? first : second;
}

function headerAt(file: number, offset: number): Snapshot & { readonly transaction: bigint } {
  const page = bytesAt(file, offset, META_BYTES);
  const pageBytes = page.readUInt32LE(48);
  if (
    page.readUInt32LE(24) !== META_MAGIC ||
    pageBytes < 512 ||
    pageBytes > 65_536 ||
    pageBytes % 512 !== 0
  ) {
    throw new Damage('it has no database header');
  }
  const rootAt = (at: number): number | null => {
    const root = page.readBigUInt64LE(at);
    return root === NO_PAGE ? null : Number(root);
  };
  return {
    file,
    pageBytes,
    freeRoot: rootAt(88),
    dataRoot: rootAt(136),
    lastPage: Number(page.readBigUInt64LE(144)),
    transaction: page.readBigUInt64LE(152),
  };
}

/** Reads one page of a tree, with the large values that stand on pages of their own. @throws {@link Damage} */
export function pageOf(snapshot: Snapshot, number: number): Page {
  const page = pagesAt(snapshot, number, 1);
  const flags = page.readUInt16LE(18);
  const lower = page.readUInt16LE(20);
  const upper = page.readUInt16LE(22);
  if ((flags !== BRANCH && flags !== LEAF) || lower > upper || upper + HEADER_BYTES > page.length) {
    throw new Damage(`page ${number} is malformed`);
  }
  const nodes = Array.from({ length: lower / 2 }, (_, i) => {
    const node = HEADER_BYTES + page.readUInt16LE(HEADER_BYTES + 2 * i);
    if (node < HEADER_BYTES + upper || node + NODE_BYTES > page.length) {
      throw new Damage(`page ${number} is malformed`);
    }
    return node;
  });
  if (flags === LEAF) return { kind: 'leaf', entries: nodes.map((node) => entryAt(snapshot, page, node)) };
  return {
    kind: 'branch',
    children: nodes.map((node) => ({ key: keyAt(page, node), page: page.readUIntLE(node, 6) })),
  };
}

function keyAt(page: Buffer, node: number): Buffer {
  const start = node + NODE_BYTES;
  const end = start + page.readUInt16LE(node + 6);
  if (end > page.length) throw new Damage('a key goes beyond its page');
  return page.subarray(start, end);
}

function entryAt(snapshot: Snapshot, page: Buffer, node: number): Entry {
  const key = keyAt(page, node);
  const size = page.readUInt32LE(node);
  const start = node + NODE_BYTES + key.length;
  const flags = page.readUInt16LE(node + 4);
  if (flags !== BIG_VALUE) {
    if (flags !== 0 || start + size > page.length) throw new Damage('a value goes beyond its page');
    return { key, value: page.subarray(start, start + size), pages: [] };
  }
  const first = Number(page.readBigUInt64LE(start));
  const count = Math.ceil((HEADER_BYTES + size) / snapshot.pageBytes);
  const big = pagesAt(snapshot, first, count);
  if (big.readUInt16LE(18) !== OVERFLOW || big.readUInt32LE(20) !== count) {
    throw new Damage(`page ${first} is malformed`);
  }
  const pages = Array.from({ length: count }, (_, i) => first + i);
  return { key, value: big.subarray(HEADER_BYTES, HEADER_BYTES + size), pages };
}

function pagesAt({ file, pageBytes, lastPage }: Snapshot, number: number, count: number): Buffer {
  if (number < 2 || number + count - 1 > lastPage) throw new Damage(`page ${number} is out of bounds`);
  const pages = bytesAt(file, number * pageBytes, count * pageBytes);
  if (Number(pages.readBigUInt64LE(0)) !== number) throw new Damage(`page ${number} has another number`);
  return pages;
}

function bytesAt(file: number, offset: number, length: number): Buffer {
  if (length > VALUE_BYTES_MAX) throw new Damage('a value is out of bounds');
  const bytes = Buffer.allocUnsafe(length);
  if (readSync(file, bytes, 0, length, offset) < length) throw new Damage('it is cut short');
  return bytes;
}
