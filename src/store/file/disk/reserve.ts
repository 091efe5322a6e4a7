import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** How much of its file a database uses, from the beginning, and in pages of how many bytes. */
export interface UsedRoom {
  readonly bytes: number;
  readonly pageBytes: number;
}

/** How much is reserved at a time beyond what a commit may take, in bytes. */
const AHEAD_BYTES = 512 * 1024;
const ZEROES = Buffer.alloc(256 * 1024);

/**
 * Room on the disk that belongs to a database's file before a commit needs it: zeroes behind the last page in use. The
 * database writes into them, and what is too much for the disk fails here, where it does no harm.
 *
 * Where nothing has to be added, the last page is written once more: a file system that overwrites nothing (btrfs, zfs)
 * needs room for each write, and a disk that fails says so.
 */
export class Reserve {
  readonly #path: string;
  readonly #used: () => UsedRoom;
  #file: FileHandle | undefined;
  #endBytes = 0;

  /** Touches nothing until something is taken. @param used asked between two commits only. */
  constructor(path: string, used: () => UsedRoom) {
    this.#path = path;
    this.#used = used;
  }

  /**
   * Sees to it that the next commit has so much room. No commit may be going on.
   *
   * @throws what the disk does: `ENOSPC`, `EDQUOT`, `EIO`.
   */
  async take(bytes: number): Promise<void> {
    const file = (this.#file ??= await this.#open());
    const { bytes: usedBytes, pageBytes } = this.#used();
    // One page more: the last one is ours for good.
    const neededBytes = usedBytes + bytes + pageBytes;
    if (this.#endBytes < neededBytes) await this.#grow(file, usedBytes, neededBytes + AHEAD_BYTES);
    else await zero(file, this.#endBytes - pageBytes, this.#endBytes);
  }

  /** The reserve stays, for the next time. */
  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #open(): Promise<FileHandle> {
    const file = await open(this.#path, 'r+');
    this.#endBytes = (await file.stat()).size;
    return file;
  }

  async #grow(file: FileHandle, usedBytes: number, end: number): Promise<void> {
    const start = Math.max(usedBytes, this.#endBytes);
    try {
      await zero(file, start, end);
      this.#endBytes = end;
    } catch (error) {
      // Half of it is of no use, and would take from others what is left of the disk.
      await file.truncate(start).catch(() => undefined);
      throw error;
    }
  }
}

async function zero(file: FileHandle, start: number, end: number): Promise<void> {
  for (let at = start; at < end; at += ZEROES.length) {
    const length = Math.min(ZEROES.length, end - at);
    const { bytesWritten } = await file.write(ZEROES, 0, length, at);
    // The last free bytes of a disk make such a write.
    if (bytesWritten < length)
      throw Object.assign(new Error('a write went in only in part'), { code: 'EIO' });
  }
}
