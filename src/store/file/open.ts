import { join } from 'node:path';
import type { EventStore } from '../event-store.ts';
import type { Ledger } from '../ledger.ts';
import type { RebuildAll } from '../rebuild.ts';
import { StoreRefused } from '../refused.ts';
import type { Time } from '../../time/time.ts';
import type { StoreSettings } from '../store-settings.ts';
import { openEnvironment } from './disk/environment.ts';
import type { Environment } from './disk/environment.ts';
import { fileEventStore } from './event-store.ts';
import { CommitFeed } from './commit-feed.ts';
import { preparedFolder } from './folder/prepared-folder.ts';
import { damageIn } from './disk/inspect.ts';
import { META_KEY } from './keys.ts';
import { FileLedger } from './ledger.ts';
import { folderInUse, own } from './folder/owner.ts';
import { decoded, encoded } from './record.ts';
import { rebuildAll } from './rebuild-all.ts';
import { trim } from './trim.ts';
import { Writer } from './writer.ts';

export interface FileStoreOptions {
  /** Made if it is not there. One process at a time. */
  readonly folder: string;
  readonly settings: StoreSettings;
  /** Its wall clock is the store's. It may step back; stamps do not. */
  readonly time: Time;
  /** A new unguessable id, for the timeline of a new file. */
  readonly newId: () => string;
}

export interface FileStore {
  /** Its `close` ends the ledger too, and gives the folder free. */
  readonly store: EventStore;
  readonly ledger: Ledger;
  readonly rebuildAll: RebuildAll;
  /** Where the secrets of this folder are kept (0600), if they are not configured. The store does not touch it. */
  readonly secretsFile: string;
}

/** The format of keys and records, as the file's first record names it. */
const FORMAT = 1;

/**
 * Opens, or makes, the store in a folder.
 *
 * @throws {@link StoreRefused} with one line: another process has the folder, it cannot be written, or the file is
 * damaged or of a later release.
 */
export async function openFileStore(options: FileStoreOptions): Promise<FileStore> {
  const { settings, time } = options;
  const folder = preparedFolder(options.folder);
  const ownership = await own(folder);
  let environment: Environment | undefined;
  try {
    environment = soundEnvironment(folder);
    if (environment.isShared()) throw folderInUse(folder);
    const timeline = await timelineOf(environment, options.newId);
    return assembled(folder, environment, timeline, { settings, time, release: ownership.release });
  } catch (error) {
    await environment?.close();
    await ownership.release();
    throw error;
  }
}

function assembled(
  folder: string,
  environment: Environment,
  timeline: string,
  options: Pick<FileStoreOptions, 'settings' | 'time'> & { readonly release: () => Promise<void> },
): FileStore {
  const { settings, time, release } = options;
  const now = (): number => time.wallNow();
  const feed = new CommitFeed();
  const writer = new Writer({
    environment,
    time,
    callTimeoutMs: settings.callTimeoutMs,
    tidy: (turn, operations) => trim(turn, environment.keys, settings, 16 + 4 * operations),
    committed: (moved) => feed.announce(moved),
    failed: () => feed.announceAll(),
  });
  let closing: Promise<void> | undefined;

  async function end(): Promise<void> {
    await writer.close();
    feed.end();
    await environment.close();
    await release();
  }

  const close = (): Promise<void> => (closing ??= end());
  const store = fileEventStore({ environment, writer, feed, settings, timeline, now, close });
  return {
    store,
    rebuildAll: (onProgress) =>
      rebuildAll(store, environment, { now, historyMs: settings.historyMs }, onProgress),
    ledger: new FileLedger(writer, environment, now),
    secretsFile: join(folder, 'secrets'),
  };
}

function soundEnvironment(folder: string): Environment {
  const damage = damageIn(join(folder, 'data.mdb'));
  if (damage !== undefined) throw damaged(folder, damage);
  try {
    return openEnvironment(folder);
  } catch (error) {
    throw damaged(folder, error instanceof Error ? error.message : String(error));
  }
}

function damaged(folder: string, what: string): StoreRefused {
  return new StoreRefused(`the store's file is damaged (${what.split('\n', 1)[0]}): ${folder}/data.mdb`);
}

async function timelineOf(environment: Environment, newId: () => string): Promise<string> {
  const record = environment.get(META_KEY);
  if (record === undefined) {
    const timeline = newId();
    await environment.write([{ key: META_KEY, value: encoded([FORMAT, timeline]) }]);
    return timeline;
  }
  const [format, timeline] = decoded(record).fields as readonly [number, string];
  if (format === FORMAT) return timeline;
  throw new StoreRefused(`the store's file has format ${format}; this release knows ${FORMAT}`);
}
