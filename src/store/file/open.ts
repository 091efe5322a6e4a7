import { join } from 'node:path';
import type { EventStore } from '../event-store.ts';
import type { Ledger } from '../ledger.ts';
import type { LivingSubjects } from '../living.ts';
import type { Outbox } from '../outbox.ts';
import type { RebuildAll } from '../rebuild.ts';
import type { Time } from '../../time/time.ts';
import type { StoreSettings } from '../store-settings.ts';
import type { Environment } from './disk/environment.ts';
import { fileEventStore } from './event-store.ts';
import { CommitFeed } from './commit-feed.ts';
import { preparedFolder } from './folder/prepared-folder.ts';
import { FORMAT, checkFormat, readMeta, writeMeta } from './format.ts';
import { livingSubjects } from './living.ts';
import { FileLedger } from './ledger.ts';
import { folderInUse, own } from './folder/owner.ts';
import { FileOutbox } from './outbox.ts';
import { rebuildAll } from './rebuild-all.ts';
import { soundEnvironment } from './sound-environment.ts';
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
  /** How many events may wait in the outbox; absent: none is kept there. */
  readonly outboxMax?: number;
}

export interface FileStore {
  /** Its `close` ends the ledger too, and gives the folder free. */
  readonly store: EventStore;
  readonly ledger: Ledger;
  readonly rebuildAll: RebuildAll;
  readonly living: LivingSubjects;
  /** Empty for good where {@link FileStoreOptions.outboxMax} is absent. */
  readonly outbox: Outbox;
  /** Where the secrets of this folder are kept (0600), if they are not configured. The store does not touch it. */
  readonly secretsFile: string;
}

/**
 * Opens, or makes, the store in a folder.
 *
 * @throws {@link StoreRefused} with one line: another process has the folder, it cannot be written, or the file is
 * damaged or of a later release.
 */
export async function openFileStore(options: FileStoreOptions): Promise<FileStore> {
  const folder = preparedFolder(options.folder);
  const ownership = await own(folder);
  let environment: Environment | undefined;
  try {
    environment = soundEnvironment(folder);
    if (environment.isShared()) throw folderInUse(folder);
    const timeline = await timelineOf(environment, options.newId);
    return assembled(folder, environment, timeline, { ...options, release: ownership.release });
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
  options: Pick<FileStoreOptions, 'settings' | 'time' | 'outboxMax'> & {
    readonly release: () => Promise<void>;
  },
): FileStore {
  const { settings, time, release, outboxMax } = options;
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
  const outbox = new FileOutbox(environment, outboxMax ?? 0);
  const kept = outboxMax === undefined ? {} : { outbox };
  const parts = { environment, writer, feed, settings, timeline, now, close };
  const store = fileEventStore({ ...parts, ...kept });
  return {
    store,
    outbox: outbox.reader(writer),
    rebuildAll: (onProgress) =>
      rebuildAll(store, environment, { now, historyMs: settings.historyMs }, onProgress),
    living: () => livingSubjects(environment),
    ledger: new FileLedger(writer, environment, now),
    secretsFile: join(folder, 'secrets'),
  };
}

async function timelineOf(environment: Environment, newId: () => string): Promise<string> {
  const meta = readMeta(environment);
  if (meta !== undefined) {
    checkFormat(meta);
    return meta.timeline;
  }
  const timeline = newId();
  await writeMeta(environment, { format: FORMAT, timeline });
  return timeline;
}
