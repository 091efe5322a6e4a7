import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import { StoreUnavailable } from '../../event-store.ts';
import { Reserve } from './reserve.ts';
import type { UsedRoom } from './reserve.ts';
import { sealed, unsealed } from './seal.ts';

/** Reads one key as it was committed; undefined where there is nothing. */
export type ReadKey = (key: Buffer) => Buffer | undefined;

/** A range of keys: from the first, up to but not including the second. */
export interface KeyRange {
  readonly start: Buffer;
  readonly end: Buffer;
}

/** The file: reads of what was committed, and one way to commit. */
export interface Environment {
  /**
   * Whether another process has the file open, by LMDB's own lock on it, which the kernel takes back with a process.
   * Processes that ask at once are told so all of them.
   */
  readonly isShared: () => boolean;
  /** Makes reads see all that was committed, at once instead of at the next turn of the event loop. */
  readonly refresh: () => void;
  readonly get: ReadKey;
  readonly keys: (range: KeyRange, limit: number) => readonly Buffer[];
  /** Keys downwards: from the end of the range, which is not among them, to its start, which is. */
  readonly keysDown: (range: KeyRange, limit: number) => readonly Buffer[];
  readonly values: (range: KeyRange) => readonly Buffer[];
  /**
   * Writes all changes or none. The promise is kept once they are flushed to the disk.
   *
   * @throws {@link StoreUnavailable} where the disk is full or fails; then nothing was written.
   */
  readonly write: (changes: Changes) => Promise<void>;
  /** The room on the disk now. */
  readonly room: () => Promise<DiskRoom>;
  /** How much of the disk was free at the last write, in bytes; infinite before the first. */
  readonly lastFreeBytes: () => number;
  readonly close: () => Promise<void>;
}

/** A disk as whoever writes to it sees it, in bytes. */
export interface DiskRoom {
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

/** How much address space is set aside at first, in bytes. Memory and disk are used as data comes; it grows by itself. */
const MAP_SIZE_BYTES = 1024 ** 3;

/** How much of the disk stays free, in bytes. */
const FREE_MIN_BYTES = 256 * 1024;
/** What a commit may take besides its values, in bytes: pages from a leaf to the root, and for each change a leaf, split. */
const COMMIT_BYTES = 64 * 1024;
const CHANGE_BYTES = 8 * 1024;

type Changes = readonly { readonly key: Buffer; readonly value: Buffer | null }[];

/**
 * Opens the data file of a folder.
 *
 * Without `overlappingSync` a commit is flushed before it is visible: nobody reads, and no watcher is told, what a
 * power cut could take back, and a flush that fails fails the commit. `flushed` and the commit's promise are one then.
 * Without `eventTurnBatching` each batch is a transaction whose one promise is ours; with it the library keeps a
 * second one that nobody can catch, and a full disk would end the process.
 */
export function openEnvironment(folder: string): Environment {
  const options = {
    path: folder,
    noSubdir: false,
    encoding: 'binary' as const,
    keyEncoding: 'binary' as const,
    maxDbs: 1,
    mapSize: MAP_SIZE_BYTES,
    overlappingSync: false,
    eventTurnBatching: false,
    permissionsMode: 0o600,
  };
  const database: RootDatabase<Buffer, Buffer> = open(options);

  const reserve = new Reserve(join(folder, 'data.mdb'), usedRoom);

  function usedRoom(): UsedRoom {
    const { lastPageNumber, pageSize } = database.getStats() as Stats;
    return { bytes: (lastPageNumber + 1) * pageSize, pageBytes: pageSize };
  }

  let lastFreeBytes = Number.POSITIVE_INFINITY;

  // lmdb 3.5.6 writes past its buffer when it reports a full disk (mdb_page_flush), so it must not meet one.
  async function takeRoom(changes: Changes): Promise<void> {
    const bytes = changes.reduce((sum, { value }) => sum + CHANGE_BYTES + (value?.length ?? 0), COMMIT_BYTES);
    lastFreeBytes = (await roomOf(folder)).freeBytes;
    if (lastFreeBytes < FREE_MIN_BYTES + bytes)
      throw Object.assign(new Error('hardly any room is left'), { code: 'ENOSPC' });
    await reserve.take(bytes);
  }

  async function write(changes: Changes): Promise<void> {
    try {
      await takeRoom(changes);
      await database.batch(() => {
        for (const { key, value } of changes) {
          void (value === null ? database.remove(key) : database.put(key, sealed(key, value)));
        }
      });
      await database.flushed;
    } catch (error) {
      throw new StoreUnavailable(await whyNotCommitted(error), { cause: error });
    }
  }

  async function close(): Promise<void> {
    await database.close();
    await reserve.close();
  }

  return {
    isShared() {
      database.get(Buffer.from([0]));
      return database.readerList().split('\n').filter(isReader).length > 1;
    },
    refresh: () => database.resetReadTxn(),
    get: (key) => {
      const record = database.get(key);
      return record === undefined ? undefined : unsealed(key, record);
    },
    keys: (range, limit) => [...database.getKeys({ ...range, limit })],
    keysDown: (range, limit) => [...database.getKeys({ ...downwards(range), limit })],
    values: (range) => [...database.getRange(range)].map(({ key, value }) => unsealed(key, value)),
    write,
    room: () => roomOf(folder),
    lastFreeBytes: () => lastFreeBytes,
    close,
  };
}

async function roomOf(folder: string): Promise<DiskRoom> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}

function downwards({ start, end }: KeyRange) {
  return { start: end, end: start, reverse: true, exclusiveStart: true, inclusiveEnd: true };
}

/** A line of LMDB's table of readers: a process, a thread, what it reads. This process reads with one thread. */
function isReader(line: string): boolean {
  return /^\s*\d+ [0-9a-f]+ /.test(line);
}

interface Stats {
  readonly lastPageNumber: number;
  readonly pageSize: number;
}

/** As Node and as LMDB name them. */
const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 28]);
/** LMDB's word for a write that went in only in part, which is what the last free bytes of a disk make of one. */
const FAILED: ReadonlySet<unknown> = new Set(['EIO', 5]);

async function whyNotCommitted(failure: unknown): Promise<string> {
  const reason = await reasonOf(failure);
  const { code } = reason as { readonly code?: unknown };
  if (FULL.has(code)) return 'the disk is full';
  if (FAILED.has(code)) return 'the disk is full or failing';
  return `the disk refused a write: ${String(reason)}`;
}

/** A failed commit says why in a promise of its own, which always rejects. */
async function reasonOf(failure: unknown): Promise<unknown> {
  try {
    await (failure as { readonly commitError?: Promise<never> }).commitError;
    return failure;
  } catch (reason) {
    return reason;
  }
}
