import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { FolderInUse } from '../../refused.ts';
import type { StoreRefused } from '../../refused.ts';
import { FolderSocket, OWNER_SOCKET } from './folder-socket.ts';
import { closed, isAnswered, listen } from './listen.ts';

/** A folder that is this process' own, until it is released or the process ends, however it ends. */
export interface Ownership {
  release(): Promise<void>;
}

/** What is said to whoever finds another process in a folder. */
export function folderInUse(folder: string): StoreRefused {
  return new FolderInUse(`the store's folder is in use by another process: ${folder}`);
}

/**
 * Makes a folder this process' own. The proof is a listening socket, which the kernel takes back with the process.
 *
 * - Linux: an abstract socket named after the folder's real path. To bind it is one atomic step, and nothing stays
 *   behind. Containers that share the folder do not share such names, so a socket in the folder is listened on too.
 * - Windows: a named pipe, which is as good.
 * - Elsewhere: the socket in the folder alone. One that nobody answers on is left from a killed process and replaced;
 *   two processes that find it in the same instant could both do so, which is why Linux does not rest on it.
 *
 * @param folder - the real path
 * @throws {@link StoreRefused} where another process has it.
 */
export async function own(folder: string): Promise<Ownership> {
  const inUse = folderInUse(folder);
  if (process.platform === 'win32') return await named(nameOf(folder), inUse);
  if (process.platform !== 'linux') return await FolderSocket.open(folder, inUse);
  const outside = await named(nameOf(folder), inUse);
  try {
    const inside = await insideFolder(folder, inUse);
    return {
      async release() {
        await Promise.all([outside.release(), inside?.release()]);
      },
    };
  } catch (error) {
    await outside.release();
    throw error;
  }
}

/** Whether a process has a folder. It is only asked, and what that left behind stays. @param folder the real path */
export async function isOwned(folder: string): Promise<boolean> {
  if (process.platform === 'win32') return await isAnswered(nameOf(folder));
  if (process.platform === 'linux' && (await isAnswered(nameOf(folder)))) return true;
  const descriptor = openSync(folder, 'r');
  try {
    const place = process.platform === 'linux' ? `/proc/self/fd/${descriptor}` : folder;
    return await isAnswered(join(place, OWNER_SOCKET));
  } finally {
    closeSync(descriptor);
  }
}

function nameOf(folder: string): string {
  const name = `scangate-${createHash('sha256').update(folder).digest('base64url').slice(0, 32)}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : `\0${name}`;
}

async function named(path: string, inUse: StoreRefused): Promise<Ownership> {
  const server = await listen(path, inUse);
  return { release: () => closed(server) };
}

// The name of a socket may have 107 bytes; this one is short however long the folder's path is.
async function insideFolder(folder: string, inUse: StoreRefused): Promise<Ownership | undefined> {
  const descriptor = openSync(folder, 'r');
  try {
    const socket = await FolderSocket.open(`/proc/self/fd/${descriptor}`, inUse);
    return {
      async release() {
        await socket.release();
        closeSync(descriptor);
      },
    };
  } catch (error) {
    closeSync(descriptor);
    if (error === inUse) throw error;
    return undefined;
  }
}
