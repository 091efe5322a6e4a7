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
  readonly #file: FileHandle;
  readonly #used: () => UsedRoom;
  #endBytes: number;
  /** A lower bound of what is left: what the last commits took is only known to be no more than they might. */
  #leftBytes = 0;
  #pageBytes = 0;

  private constructor(file: FileHandle, endBytes: number, used: () => UsedRoom) {
    this.#file = file;
    this.#endBytes = endBytes;
    this.#used = used;
  }

  /** @param used asked between commits only. */
  static async open(path: string, used: () => UsedRoom): Promise<Reserve> {
    const file = await open(path, 'r+');
    const { size } = await file.stat();
    return new Reserve(file, size, used);
  }

  /** Sees to it that the next commit has so much room. @throws what the disk does: `ENOSPC`, `EDQUOT`, `EIO`. */
  async take(bytes: number): Promise<void> {
    const grown = this.#leftBytes < bytes && (await this.#ensure(bytes));
    if (!grown) await this.#zero(this.#endBytes - this.#pageBytes, this.#endBytes);
    this.#leftBytes -= bytes;
  }

  /** Gives back what is left. @param used what the database used when it was closed. */
  async close(used: UsedRoom): Promise<void> {
    try {
      if (used.bytes < this.#endBytes) await this.#file.truncate(used.bytes);
    } finally {
      await this.#file.close();
    }
  }

  /** Looks how much is left, and adds to it where that is too little. @returns whether it did. */
  async #ensure(bytes: number): Promise<boolean> {
    const used = this.#used();
    this.#pageBytes = used.pageBytes;
    const lastPage = used.bytes + bytes;
    const isShort = this.#endBytes < lastPage + used.pageBytes;
    if (isShort) await this.#grow(lastPage + used.pageBytes + AHEAD_BYTES);
    this.#leftBytes = this.#endBytes - used.pageBytes - used.bytes;
    return isShort;
  }

  async #grow(end: number): Promise<void> {
    try {
      await this.#zero(this.#endBytes, end);
      this.#endBytes = end;
    } catch (error) {
      // Half of it is of no use, and would take from others what is left of the disk.
      await this.#file.truncate(this.#endBytes).catch(() => undefined);
      throw error;
    }
  }

  async #zero(start: number, end: number): Promise<void> {
    for (let at = start; at < end; at += ZEROES.length) {
      const length = Math.min(ZEROES.length, end - at);
      const { bytesWritten } = await this.#file.write(ZEROES, 0, length, at);
      // The last free bytes of a disk make such a write.
      if (bytesWritten < length)
        throw Object.assign(new Error('a write went in only in part'), { code: 'EIO' });
    }
  }
}
