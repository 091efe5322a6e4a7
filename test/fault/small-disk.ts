import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

const CHUNK = Buffer.alloc(64 * 1024);

/** How a process is started whose folder is a disk of its own, seen by nobody else and gone with it. */
export function onSmallDisk(folder: string, bytes: number): readonly string[] {
  const mount = `mount -t tmpfs -o size=${bytes} tmpfs "$0" && exec "$@"`;
  const rights = process.geteuid?.() === 0 ? [] : ['--map-root-user'];
  return ['unshare', ...rights, '--mount', 'sh', '-c', mount, folder];
}

/** Leaves no room on the disk that a process sees in this folder. */
export async function fillDisk(pid: number, folder: string): Promise<void> {
  const file = await open(join(seenBy(pid, folder), 'filler'), 'a');
  try {
    // A write that goes in only in part has taken the last of it.
    while ((await file.write(CHUNK)).bytesWritten === CHUNK.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
}

/** Gives back what {@link fillDisk} took. */
export async function clearDisk(pid: number, folder: string): Promise<void> {
  await rm(join(seenBy(pid, folder), 'filler'), { force: true });
}

function seenBy(pid: number, folder: string): string {
  return join('/proc', String(pid), 'root', folder);
}
