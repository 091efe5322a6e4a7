import { describe, expect, test } from '@jest/globals';
import { openFileArchive } from '../../src/keepers/file/open-archive.ts';
import type { Archive } from '../../src/record/archive.ts';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import type { StoredEvent } from '../../src/store/event-store.ts';
import { outboxRange } from '../../src/store/file/keys.ts';
import { FileOutbox } from '../../src/store/file/outbox.ts';
import type { Writer } from '../../src/store/file/writer.ts';
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

const EVENT: StoredEvent = {
  id: '1-1',
  subject: 'ticket:t',
  version: 1,
  at: 1,
  deadline: 1,
  type: 'minted',
  schema: 1,
  data: '{}',
};

/** A disk of which only the outbox writes, and whose commits always come about. */
class Disk {
  readonly written = new Map<string, Buffer>();
  free = 10 ** 9;
  readonly draft = {
    put: (key: Buffer, value: Buffer) => void this.written.set(key.toString('latin1'), value),
    remove: (key: Buffer) => void this.written.delete(key.toString('latin1')),
  };
  readonly environment = {
    keys: ({ start, end }: { start: Buffer; end: Buffer }, limit: number) =>
      [...this.written.keys()]
        .filter((key) => key >= start.toString('latin1') && key < end.toString('latin1'))
        .toSorted()
        .slice(0, limit)
        .map((key) => Buffer.from(key, 'latin1')),
    get: (key: Buffer) => this.written.get(key.toString('latin1')),
    lastFreeBytes: () => this.free,
  };
  readonly writer = {
    submit: async (work: (turn: { draft: Disk['draft'] }) => void) => work({ draft: this.draft }),
  } as unknown as Writer;

  open(max: number): FileOutbox {
    return new FileOutbox(this.environment, max);
  }

  waiting(): number {
    return this.environment.keys(outboxRange(), Number.MAX_SAFE_INTEGER).length;
  }
}

test('few events wait for the record where the disk is needed for sign-ins', () => {
  const disk = new Disk();
  const outbox = disk.open(1_000_000);
  const come = (count: number): void => {
    for (let index = 0; index < count; index += 1) outbox.keep(disk.draft, EVENT);
  };
  come(3000);
  expect(disk.waiting()).toBe(3000);
  disk.free = 0;
  come(1);
  expect(disk.waiting()).toBe(2993);
  come(1000);
  expect(disk.waiting()).toBe(1000);
});

test('what went before it was read is told by the next process as well, until it is acknowledged', async () => {
  const disk = new Disk();
  const outbox = disk.open(10);
  for (let at = 1; at <= 15; at += 1) outbox.keep(disk.draft, { ...EVENT, at });
  const lost = { count: 5, from: 1, to: 5 };
  expect(await outbox.reader(disk.writer).next(0, 4)).toMatchObject({ lost });
  const again = disk.open(10);
  const batch = await again.reader(disk.writer).next(0, 4);
  expect(batch).toMatchObject({ lost });
  again.keep(disk.draft, { ...EVENT, at: 16 });
  await batch?.acknowledge();
  const rest = await disk.open(10).reader(disk.writer).next(0, 100);
  expect(rest?.lost).toMatchObject({ count: 1, to: 6 });
  await rest?.acknowledge();
  expect(await disk.open(10).reader(disk.writer).next(0, 100)).toBeNull();
});
