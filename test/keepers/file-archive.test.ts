import { describe, expect, test } from '@jest/globals';
import { openFileArchive } from '../../src/keepers/file/open-archive.ts';
import type { Archive } from '../../src/record/archive.ts';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import type { StoredEvent } from '../../src/store/event-store.ts';
import { FileOutbox } from '../../src/store/file/outbox.ts';
import { search } from '../../src/record/search/search.ts';
import { archiveContract, entry, writer } from '../contract/archive.ts';
import { temporaryFolder } from '../support/folder.ts';

describe('the archive in a folder', () => {
  archiveContract(async (): Promise<Archive> => {
    const folder = await temporaryFolder();
    const archive = await openFileArchive(folder.path);
    return new Proxy(archive, {
      get(target, name) {
        if (name === 'close') return async () => [await archive.close(), await folder.remove()];
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  });

  test('lets the oldest go where more bytes are held than may be, and says how many', async () => {
    const folder = await temporaryFolder();
    let dropped = 0;
    const onDropped = (count: number): void => void (dropped += count);
    const archive = await openFileArchive(folder.path, { bytesMax: 400_000, onDropped });
    for (let at = 0; at < 600; at += 100)
      await writer(archive).add(Array.from({ length: 100 }, (_, index) => entry(at + index)));
    const { events } = await search(archive, { newestFirst: false, limit: 1000 });
    expect(dropped).toBeGreaterThan(0);
    expect(events).toHaveLength(600 - dropped);
    expect(events.at(-1)?.cursor).toBe('1-599');
    await archive.close();
    await folder.remove();
  });

  test('takes nothing where the disk is needed for sign-ins, and lets go all the same', async () => {
    const folder = await temporaryFolder();
    let freeMin = 0;
    const archive = await openFileArchive(folder.path, { freeMinOf: () => freeMin });
    await writer(archive).add([entry(1)]);
    freeMin = Number.MAX_SAFE_INTEGER;
    await expect(writer(archive).add([entry(2)])).rejects.toThrow(StoreUnavailable);
    expect(await archive.trim(entry(2).id, 10)).toBe(1);
    freeMin = 0;
    await writer(archive).add([entry(2)]);
    expect(await archive.head(0)).toMatchObject({ link: 2 });
    await archive.close();
    await folder.remove();
  });
});

test('few events wait for the record where the disk is needed for sign-ins', () => {
  let free = 10 ** 9;
  const kept = new Set<string>();
  const outbox = new FileOutbox(
    { keys: () => [], get: () => undefined, lastFreeBytes: () => free },
    1_000_000,
  );
  const draft = {
    put: (key: Buffer) => void kept.add(key.toString()),
    remove: (key: Buffer) => void kept.delete(key.toString()),
  };
  const event: StoredEvent = {
    id: '1-1',
    subject: 'ticket:t',
    version: 1,
    at: 1,
    deadline: 1,
    type: 'minted',
    schema: 1,
    data: '{}',
  };
  const come = (count: number): void => {
    for (let index = 0; index < count; index += 1) outbox.keep(draft, event);
  };
  come(3000);
  expect(kept.size).toBe(3000);
  free = 0;
  come(1);
  expect(kept.size).toBe(2993);
  come(1000);
  expect(kept.size).toBe(1000);
});
