import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import type { KeyRange, ReadKey } from './environment.ts';
import { unsealed } from './seal.ts';

/** The file as one transaction left it, read beside the process that writes it. */
export interface Reading {
  readonly get: ReadKey;
  readonly entries: (range: KeyRange) => Iterable<{ readonly key: Buffer; readonly value: Buffer }>;
  readonly close: () => Promise<void>;
}

/**
 * Opens the data file of a folder for reading, as it is now. The pages of this state are kept until it is closed, so the
 * file grows while it is written to.
 *
 * @throws what LMDB says where there is no such file.
 */
export function openReading(folder: string): Reading {
  const database: RootDatabase<Buffer, Buffer> = open({
    path: folder,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    maxDbs: 1,
    readOnly: true,
  });
  const transaction = database.useReadTransaction();
  return {
    get(key) {
      const record = database.get(key, { transaction });
      return record === undefined ? undefined : unsealed(key, record);
    },
    *entries(range) {
      for (const { key, value } of database.getRange({ ...range, transaction }))
        yield { key, value: unsealed(key, value) };
    },
    async close() {
      transaction.done();
      await database.close();
    },
  };
}
