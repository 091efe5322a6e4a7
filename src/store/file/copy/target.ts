import { deadlineOf } from '../../event-store.ts';
import type { CopyItem, CopyTarget } from '../../copy.ts';
import { putHead } from '../append.ts';
import type { Environment } from '../disk/environment.ts';
import { Draft } from '../draft.ts';
import { folderInUse, own } from '../folder/owner.ts';
import { preparedFolder } from '../folder/prepared-folder.ts';
import { FORMAT, UNFINISHED_FORMAT, readMeta, writeMeta } from '../format.ts';
import { ALL_KEYS, META_KEY, ageKey, endKey, ledgerKey, logKey } from '../keys.ts';
import { encodedEntry, encodedSet } from '../ledger-record.ts';
import type { Member } from '../ledger-record.ts';
import { encodedEvent } from '../record.ts';
import { soundEnvironment } from '../sound-environment.ts';

/** Keys that are taken away in one commit. */
const KEYS_AT_ONCE = 1_000;

const NOTHING = Buffer.alloc(0);

/** What a folder's store is told. */
export interface FileTargetOptions {
  readonly historyMs: number;
  /** The store's clock. */
  readonly now: () => number;
  /** A new unguessable id, for the timeline. */
  readonly newId: () => string;
}

/** Opens the store in a folder, which is made if it is not there, to put a copy into it. @throws StoreRefused */
export async function openFileTarget(path: string, options: FileTargetOptions): Promise<CopyTarget> {
  const folder = preparedFolder(path);
  const ownership = await own(folder);
  let environment: Environment | undefined;
  try {
    environment = soundEnvironment(folder);
    if (environment.isShared()) throw folderInUse(folder);
    return targetOf(environment, options, ownership.release);
  } catch (error) {
    await environment?.close();
    await ownership.release();
    throw error;
  }
}

function targetOf(
  environment: Environment,
  { historyMs, now, newId }: FileTargetOptions,
  release: () => Promise<void>,
): CopyTarget {
  const timeline = newId();
  const isUsed = environment.keys(ALL_KEYS, 2).some((key) => !key.equals(META_KEY));
  const unfinished = readMeta(environment)?.format === UNFINISHED_FORMAT;
  return {
    occupied: unfinished ? 'unfinished' : isUsed ? 'used' : 'empty',

    async begin() {
      await writeMeta(environment, { format: UNFINISHED_FORMAT, timeline });
      for (;;) {
        environment.refresh();
        const keys = environment.keys(ALL_KEYS, KEYS_AT_ONCE).filter((key) => !key.equals(META_KEY));
        if (keys.length === 0) return;
        await environment.write(keys.map((key) => ({ key, value: null })));
      }
    },

    async put(items) {
      environment.refresh();
      const draft = new Draft(environment.get);
      const time = now();
      const living = items.filter((item) => put(draft, item, time, historyMs));
      if (draft.size > 0) await environment.write(draft.changes());
      return living.length;
    },

    finish: () => writeMeta(environment, { format: FORMAT, timeline }),

    async close() {
      await environment.close();
      await release();
    },
  };
}

/** Puts one item, unless it has ended. */
function put(draft: Draft, item: CopyItem, now: number, historyMs: number): boolean {
  if (!isLiving(item, now, historyMs)) return false;
  switch (item.kind) {
    case 'head':
      putHead(draft, item.head);
      return true;
    case 'event': {
      const { event } = item;
      draft.put(logKey(event.subject, event.version), encodedEvent(event));
      draft.put(ageKey(event.at, event.subject, event.version), NOTHING);
      return true;
    }
    case 'value':
    case 'count': {
      const text = item.kind === 'value' ? item.value : String(item.count);
      const key = ledgerKey(item.kind === 'value' ? 'v' : 'c', item.name);
      putEntry(draft, key, item.end, encodedEntry({ end: item.end, value: text }));
      return true;
    }
    case 'set': {
      const members: readonly Member[] = item.members
        .filter(([, end]) => end > now)
        .sort((a, b) => b[1] - a[1]);
      putEntry(draft, ledgerKey('s', item.name), members[0]?.[1] ?? 0, encodedSet(members));
      return true;
    }
  }
}

function putEntry(draft: Draft, key: Buffer, end: number, record: Buffer): void {
  draft.put(key, record);
  draft.put(endKey(end, key), NOTHING);
}

function isLiving(item: CopyItem, now: number, historyMs: number): boolean {
  if (item.kind === 'event') return true;
  if (item.kind === 'head') return deadlineOf(item.head) + historyMs > now;
  if (item.kind === 'set') return item.members.some(([, end]) => end > now);
  return item.end > now;
}
