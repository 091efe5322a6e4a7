import { randomUUID } from 'node:crypto';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import { openFileStore } from '../../src/store/file/open.ts';
import { headKey } from '../../src/store/file/keys.ts';
import type { StoreSettings } from '../../src/store/store-settings.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { eventStoreContract } from '../contract/event-store.ts';
import { ledgerContract } from '../contract/ledger.ts';
import { temporaryFolder } from '../support/folder.ts';

const SETTINGS: StoreSettings = { historyMs: 60_000, lifeMaxMs: 180_000, callTimeoutMs: 5_000 };

eventStoreContract('The file store', async (settings) => {
  const folder = await temporaryFolder();
  const { store } = await openFileStore({
    folder: folder.path,
    settings,
    time: systemTime,
    newId: randomUUID,
  });
  const behind: RootDatabase<Buffer, Buffer> = open({
    path: folder.path,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
  });
  return {
    store,
    openAgain: () => Promise.resolve(store),
    deleteHeads: async (subjects) => {
      for (const subject of subjects) await behind.remove(headKey(subject));
    },
    rawHead: (subject) => Promise.resolve(behind.get(headKey(subject))?.toString('hex') ?? null),
    close: async () => {
      await behind.close();
      await store.close();
      await folder.remove();
    },
  };
});

ledgerContract('The file store', async () => {
  const folder = await temporaryFolder();
  const { store, ledger } = await openFileStore({
    folder: folder.path,
    settings: SETTINGS,
    time: systemTime,
    newId: randomUUID,
  });
  return {
    ledger,
    openAgain: () => Promise.resolve(ledger),
    close: async () => {
      await store.close();
      await folder.remove();
    },
  };
});
