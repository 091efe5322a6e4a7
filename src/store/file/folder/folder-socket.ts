import { existsSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { unlink } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { closed, isAnswered, listen } from './listen.ts';

/** The socket that stands in the folder, where the system has such. */
export const OWNER_SOCKET = 'owner.sock';

/**
 * A listening socket in a folder, for whoever does not share the kernel's names with this process. Taken away by hand it
 * is put back at once.
 */
export class FolderSocket {
  readonly #path: string;
  readonly #inUse: Error;
  #server: Server;
  #watcher: FSWatcher | undefined;
  #mending: Promise<void> = Promise.resolve();
  #released = false;

  private constructor(path: string, inUse: Error, server: Server) {
    this.#path = path;
    this.#inUse = inUse;
    this.#server = server;
  }

  /** @throws `inUse` where another process listens there; what the system says where there can be no socket. */
  static async open(folder: string, inUse: Error): Promise<FolderSocket> {
    const path = join(folder, OWNER_SOCKET);
    if (await isAnswered(path)) throw inUse;
    await unlink(path).catch(() => undefined);
    const socket = new FolderSocket(path, inUse, await listen(path, inUse));
    socket.#watch(folder);
    return socket;
  }

  async release(): Promise<void> {
    this.#released = true;
    this.#watcher?.close();
    await this.#mending;
    await closed(this.#server);
  }

  // Where nothing can be watched, a socket that is gone stays gone.
  #watch(folder: string): void {
    try {
      this.#watcher = watch(folder, { persistent: false }, () => this.#mend());
      this.#watcher.on('error', () => undefined);
    } catch {
      this.#watcher = undefined;
    }
  }

  #mend(): void {
    if (this.#released || existsSync(this.#path)) return;
    this.#mending = this.#mending.then(() => this.#listenAgain());
  }

  async #listenAgain(): Promise<void> {
    if (this.#released || existsSync(this.#path)) return;
    // In this order: whoever closes a socket takes its name away, whichever stands there.
    await closed(this.#server);
    this.#server = await listen(this.#path, this.#inUse).catch(() => this.#server);
  }
}
