import { closeSync, fstatSync, openSync } from 'node:fs';
import { endianness } from 'node:os';
import { Damage, newestSnapshot, pageOf } from './pages.ts';
import type { Entry, Snapshot } from './pages.ts';
import { isSound } from './seal.ts';

/** How many pages are looked at, at most (100 MB, about a second): a large file is not read in full before it may serve. */
const PAGES_MAX = 25_000;

/**
 * Looks through a data file before it is opened, and says what is damaged, or nothing. LMDB maps the file and trusts
 * it: one that was cut short or overwritten would end the process with a signal instead of an error.
 *
 * Both trees of the newest snapshot are walked: every page in its place, every key in its order, every record with its
 * checksum, and no page in use that is listed as free. Nobody else may write meanwhile.
 */
export function damageIn(path: string): string | undefined {
  if (endianness() !== 'LE') return undefined;
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    if (fstatSync(file).size > 0) inspect(newestSnapshot(file));
    return undefined;
  } catch (error) {
    if (error instanceof Error && (error instanceof Damage || error.name === 'RangeError'))
      return error.message;
    throw error;
  } finally {
    closeSync(file);
  }
}

function inspect(snapshot: Snapshot): void {
  const used = new Set<number>();
  const free: number[] = [];
  walk(snapshot, snapshot.freeRoot, used, inAnyOrder, (entry) => {
    for (const page of freePages(entry.value, snapshot.lastPage)) free.push(page);
  });
  walk(snapshot, snapshot.dataRoot, used, byBytes, (entry) => {
    if (!isSound(entry.key, entry.value)) throw new Damage('a record has another checksum');
  });
  if (free.some((page) => used.has(page))) throw new Damage('a page in use is listed as free');
}

interface Branch {
  readonly page: number;
  /** The keys below are not lower than this, and lower than that. */
  readonly from: Buffer | undefined;
  readonly to: Buffer | undefined;
}

type Order = (a: Buffer, b: Buffer) => number;

const byBytes: Order = (a, b) => Buffer.compare(a, b);

/** Free pages are kept by transaction, a number in bytes that have another order. */
const inAnyOrder: Order = () => 1;

function walk(
  snapshot: Snapshot,
  root: number | null,
  used: Set<number>,
  order: Order,
  look: (entry: Entry) => void,
): void {
  const open: Branch[] = root === null ? [] : [{ page: root, from: undefined, to: undefined }];
  for (let next = open.pop(); next !== undefined && used.size < PAGES_MAX; next = open.pop()) {
    use(used, next.page);
    const page = pageOf(snapshot, next.page);
    if (page.kind === 'leaf') {
      checkOrder(
        page.entries.map(({ key }) => key),
        next,
        order,
      );
      for (const entry of page.entries) {
        for (const number of entry.pages) use(used, number);
        look(entry);
      }
    } else {
      const children = page.children.map((child, i) => ({
        page: child.page,
        from: i === 0 ? next.from : child.key,
        to: page.children[i + 1]?.key ?? next.to,
      }));
      checkOrder(
        page.children.slice(1).map(({ key }) => key),
        next,
        order,
      );
      open.push(...children);
    }
  }
}

function use(used: Set<number>, page: number): void {
  if (used.has(page)) throw new Damage(`page ${page} is used twice`);
  used.add(page);
}

function checkOrder(keys: readonly Buffer[], { from, to }: Branch, order: Order): void {
  let before = from;
  for (const [i, key] of keys.entries()) {
    const least = i === 0 ? 0 : 1;
    if (before !== undefined && order(key, before) < least) throw new Damage('keys are out of order');
    before = key;
  }
  if (to !== undefined && before !== undefined && order(to, before) < 1)
    throw new Damage('keys are out of order');
}

/**
 * A list of free pages: how many numbers follow; then pages, or lengths of runs (negative) and where those begin.
 *
 * @throws {@link Damage} where it is longer than its bytes, or a run than the file.
 */
function freePages(list: Buffer, lastPage: number): number[] {
  const pages: number[] = [];
  const count = Number(list.readBigUInt64LE(0));
  if (8 * (count + 1) > list.length) throw new Damage('a list of free pages is too short');
  for (let i = 1; i <= count; i += 1) {
    const entry = Number(list.readBigInt64LE(8 * i));
    if (entry > 0) pages.push(entry);
    if (entry >= 0) continue;
    i += 1;
    if (-entry > lastPage || i > count) throw new Damage('a run of free pages is too long');
    const start = Number(list.readBigInt64LE(8 * i));
    for (let page = start; page < start - entry; page += 1) pages.push(page);
  }
  return pages;
}
