import { openTarget } from '../compose/store/copies.ts';
import { toolConfig } from './tool-config.ts';
import { ITEMS_AT_ONCE } from '../store/copy.ts';
import type { CopyItem, CopyTarget } from '../store/copy.ts';
import { StoreRefused } from '../store/refused.ts';
import { itemsIn } from './copy/copy-file.ts';
import type { CopyTrailer, OnCount } from './copy/copy-file.ts';
import { countsText, progressOn } from './copy/progress.ts';
import { STATUS } from './terminal.ts';
import type { Status, Terminal } from './terminal.ts';

/** Puts a copy into the store of the environment. @throws StoreRefused, NoCopy, and what the disk says */
export async function importStore(
  path: string,
  { replace }: { readonly replace: boolean },
  { say, tell }: Terminal,
): Promise<Status> {
  const config = toolConfig();
  // What comes through a pipe is read once: it is looked at while it is put there, and closed to gateways meanwhile.
  if (path !== '-') await lookedThrough(path, progressOn({ say }, 'looked through'));
  const target = await openTarget(config);
  try {
    if (target.occupied === 'used' && !replace)
      throw new StoreRefused('the store is not empty; --replace takes away what it holds');
    await target.begin();
    const { trailer, put } = await putAll(target, path, progressOn({ say }, 'put'));
    await target.finish();
    const all = trailer.heads + trailer.events + trailer.ledger;
    say(`${countsText(trailer)}; ${put} put there, ${all - put} had ended\n`);
    say('Gateways may start on it, with the secrets of the store that was copied.\n');
    tell({ ...trailer, put, ended: all - put });
    return STATUS.done;
  } finally {
    await target.close();
  }
}

async function lookedThrough(path: string, onCount: OnCount): Promise<void> {
  const items = itemsIn(path, onCount);
  while ((await items.next()).done !== true);
}

async function putAll(
  target: CopyTarget,
  path: string,
  onCount: OnCount,
): Promise<{ readonly trailer: CopyTrailer; readonly put: number }> {
  const items = itemsIn(path, onCount);
  let some: CopyItem[] = [];
  let put = 0;
  for (;;) {
    const next = await items.next();
    if (next.done !== true) some.push(next.value);
    if (next.done === true || some.length === ITEMS_AT_ONCE) {
      put += await target.put(some);
      some = [];
    }
    if (next.done === true) return { trailer: next.value, put };
  }
}
