import { resolve } from 'node:path';

/** The folder of a file store. @param address `SCANGATE_STORE`: `file:<folder>`. */
export function folderOf(address: string): string {
  return resolve(address.slice('file:'.length));
}
