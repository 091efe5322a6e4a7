import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { isSound } from './record.ts';

/** How many pages are looked at, at most: a large file is not read in full before it may serve. */
const PAGES_MAX = 50_000;

const META_MAGIC = 0xbeefc0de;
const HEADER_BYTES = 24;
const NODE_BYTES = 8;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
const BIG_VALUE = 1;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

/**
 * Looks through an LMDB data file before it is opened, and says what is damaged, or nothing. LMDB maps the file and
 * trusts it: a file cut short or overwritten would end the process with a signal instead of an error.
 *
 * It walks both trees of the newest snapshot (free pages, data) page by page, and checks the records' own checksums.
 * Nobody else may write meanwhile.
 */
export function damageIn(path: string): string | undefined {
  if (endianness() !== 'LE') return undefined;
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : String(error);
  }
  try {
    return fstatSync(file).size === 0 ? undefined : damageInFile(file);
  } catch (error) {
    if (error instanceof RangeError || error instanceof Damage) return error.message;
    throw error;
  } finally {
    closeSync(file);
  }
}

class Damage extends Error {}

function damageInFile(file: number): undefined {
  const first = metaAt(file, 0);
  const second = metaAt(file, first.pageBytes);
  const newest = first.transaction >= second.transaction ? first : second;
  const walk: Walk = { file, pageBytes: first.pageBytes, lastPage: newest.lastPage, left: PAGES_MAX };
  walkTree(walk, newest.freeRoot, false);
  walkTree(walk, newest.dataRoot, true);
}

interface Meta {
  readonly pageBytes: number;
  readonly freeRoot: bigint;
  readonly dataRoot: bigint;
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

function metaAt(file: number, offset: number): Meta {
  const page = bytesAt(file, offset, 160);
  const pageBytes = page.readUInt32LE(48);
  if (
    page.readUInt32LE(24) !== META_MAGIC ||
    pageBytes < 512 ||
    pageBytes > 65_536 ||
    pageBytes % 512 !== 0
  ) {
    throw new Damage(`no database header at byte ${offset}`);
  }
  return {
    pageBytes,
    freeRoot: page.readBigUInt64LE(88),
    dataRoot: page.readBigUInt64LE(136),
    lastPage: page.readBigUInt64LE(144),
    transaction: page.readBigUInt64LE(152),
  };
}

interface Walk {
  readonly file: number;
  readonly pageBytes: number;
  readonly lastPage: bigint;
  left: number;
}

function walkTree(walk: Walk, root: bigint, hasRecords: boolean): void {
  const open = root === NO_PAGE ? [] : [root];
  for (let number = open.pop(); number !== undefined && walk.left > 0; number = open.pop()) {
    walk.left -= 1;
    const page = pageAt(walk, number, 1);
    const flags = page.readUInt16LE(18);
    if ((flags & (BRANCH | LEAF)) === 0) throw new Damage(`page ${number} is of no known kind`);
    for (const node of nodesOf(page, number)) {
      if ((flags & BRANCH) !== 0) open.push(childOf(page, node));
      else checkLeaf(walk, page, node, hasRecords);
    }
  }
}

function pageAt(walk: Walk, number: bigint, count: number): Buffer {
  if (number > walk.lastPage) throw new Damage(`page ${number} is beyond the last`);
  const page = bytesAt(walk.file, Number(number) * walk.pageBytes, count * walk.pageBytes);
  if (page.readBigUInt64LE(0) !== number) throw new Damage(`page ${number} has another number`);
  return page;
}

function* nodesOf(page: Buffer, number: bigint): Generator<number> {
  const lower = page.readUInt16LE(20);
  const upper = page.readUInt16LE(22);
  if (lower > upper || upper + HEADER_BYTES > page.length) throw new Damage(`page ${number} is malformed`);
  for (let i = 0; i < lower / 2; i += 1) yield HEADER_BYTES + page.readUInt16LE(HEADER_BYTES + 2 * i);
}

function childOf(page: Buffer, node: number): bigint {
  return (
    BigInt(page.readUInt16LE(node)) |
    (BigInt(page.readUInt16LE(node + 2)) << 16n) |
    (BigInt(page.readUInt16LE(node + 4)) << 32n)
  );
}

function checkLeaf(walk: Walk, page: Buffer, node: number, isRecord: boolean): void {
  const size = page.readUInt32LE(node);
  const keyEnd = node + NODE_BYTES + page.readUInt16LE(node + 6);
  let value: Buffer;
  if ((page.readUInt16LE(node + 4) & BIG_VALUE) === 0) {
    if (keyEnd + size > page.length) throw new Damage('a value beyond its page');
    value = page.subarray(keyEnd, keyEnd + size);
  } else {
    const number = page.readBigUInt64LE(keyEnd);
    const pages = Math.ceil((HEADER_BYTES + size) / walk.pageBytes);
    const big = pageAt(walk, number, pages);
    if ((big.readUInt16LE(18) & OVERFLOW) === 0) throw new Damage(`page ${number} is of another kind`);
    value = big.subarray(HEADER_BYTES, HEADER_BYTES + size);
  }
  if (isRecord && size > 0 && !isSound(value)) throw new Damage('a record has another checksum');
}

function bytesAt(file: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (readSync(file, bytes, 0, length, offset) < length) throw new Damage('the file is cut short');
  return bytes;
}
