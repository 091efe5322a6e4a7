import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { StoreRefused } from '../refused.ts';

/** A folder that is this process' own, until it is released or the process ends, however it ends. */
export interface Ownership {
  readonly release: () => Promise<void>;
}

/** The socket that stands in the folder, where the system has such. */
export const OWNER_SOCKET = 'owner.sock';

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
  const name = createHash('sha256').update(folder).digest('base64url').slice(0, 32);
  const inUse = new StoreRefused(`the store's folder is in use by another process: ${folder}`);
  if (process.platform === 'win32') return listening([await listen(`\\\\.\\pipe\\scangate-${name}`, inUse)]);
  if (process.platform !== 'linux') return listening([await listenInFolder(folder, inUse)]);
  const named = await listen(`\0scangate-${name}`, inUse);
  const descriptor = openSync(folder, 'r');
  try {
    // The name of a socket may have 107 bytes; this one is short however long the folder's path is.
    const inside = await listenInFolder(`/proc/self/fd/${descriptor}`, inUse).catch((error: unknown) => {
      if (error === inUse) throw error;
      return undefined;
    });
    return listening(inside === undefined ? [named] : [named, inside], descriptor);
  } catch (error) {
    await listening([named], descriptor).release();
    throw error;
  }
}

function listening(servers: readonly Server[], descriptor?: number): Ownership {
  return {
    async release() {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}

async function listenInFolder(folder: string, inUse: StoreRefused): Promise<Server> {
  const path = join(folder, OWNER_SOCKET);
  if (await isAnswered(path)) throw inUse;
  await unlink(path).catch(() => undefined);
  return listen(path, inUse);
}

function listen(path: string, inUse: StoreRefused): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? inUse : error),
    );
    server.listen({ path, exclusive: true }, () => resolve(server.unref()));
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
