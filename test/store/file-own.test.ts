import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import type { EventStore, FeedBatch, Head } from '../../src/store/event-store.ts';
import { StoreUnavailable, deadlineOf } from '../../src/store/event-store.ts';
import type { Environment } from '../../src/store/file/disk/environment.ts';
import { damageIn } from '../../src/store/file/disk/inspect.ts';
import { openFileStore } from '../../src/store/file/open.ts';
import type { FileStore } from '../../src/store/file/open.ts';
import { Writer } from '../../src/store/file/writer.ts';
import type { StoreSettings } from '../../src/store/store-settings.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { MINTED, SCANNED, appendMaker, freshTicket, headOf, seeded as numbers } from '../contract/appends.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { rounds, seeded } from '../support/random.ts';

const SETTINGS: StoreSettings = { historyMs: 60_000, lifeMaxMs: 180_000, callTimeoutMs: 5_000 };
const START = 1_700_000_000_000;
const minted = { type: 'minted', data: MINTED } as const;

let folder: TemporaryFolder;
let clock: number;
let opened: FileStore | undefined;

beforeEach(async () => {
  folder = await temporaryFolder();
  clock = START;
});

afterEach(async () => {
  await opened?.store.close();
  await folder.remove();
});

async function start(settings = SETTINGS): Promise<FileStore> {
  await opened?.store.close();
  opened = await openFileStore({
    folder: folder.path,
    settings,
    time: { ...systemTime, wallNow: () => clock },
    newId: randomUUID,
  });
  return opened;
}

async function mint(store: EventStore, seed: number, lifeMs = 60_000): Promise<Head> {
  const random = numbers(seed);
  const subject = freshTicket(random);
  await store.append([appendMaker(random).first(subject, minted, { ms: lifeMs })]);
  return headOf(store, subject);
}

describe('The clock', () => {
  test('may step back between runs, and stamps do not', async () => {
    const first = await mint((await start()).store, 1);
    clock -= 3_600_000;
    const { store } = await start();
    const scan = appendMaker(numbers(2)).next(first, SCANNED, { life: { ms: 30_000 } });
    const result = await store.append([scan]);
    expect(result).toMatchObject({
      outcome: 'appended',
      now: START - 3_600_000,
      moments: [{ at: START, deadline: START + 30_000 }],
    });
    expect((await store.history(first.subject)).map(({ at }) => at)).toEqual([START, START]);
  });

  test('decides to the millisecond', async () => {
    const { store, ledger } = await start();
    const head = await mint(store, 1, 1000);
    const { next } = appendMaker(numbers(2));
    await ledger.putIfAbsent('key', 'value', 1000);
    clock = deadlineOf(head) - 1;
    expect(await store.due(10)).toEqual([]);
    expect(await ledger.get('key')).toBe('value');
    const early = next(head, { type: 'expired', data: {} }, { when: 'after' });
    expect((await store.append([early])).outcome).toBe('early');
    clock += 1;
    expect(await store.due(10)).toEqual([head.subject]);
    expect(await ledger.get('key')).toBeNull();
    expect((await store.append([next(head, SCANNED)])).outcome).toBe('late');
    clock = deadlineOf(head) + SETTINGS.historyMs - 1;
    expect(await headOf(store, head.subject)).toEqual(head);
    clock += 1;
    expect((await store.read([head.subject])).heads).toEqual([null]);
    expect(await store.due(10)).toEqual([]);
  });
});

test('The timeline is the file’s, over restarts, and another in another folder', async () => {
  const { timeline } = (await start()).store.health();
  expect((await start()).store.health()).toEqual({ timeline, up: true });
  const elsewhere = await temporaryFolder();
  const other = await openFileStore({
    folder: elsewhere.path,
    settings: SETTINGS,
    time: { ...systemTime, wallNow: () => clock },
    newId: randomUUID,
  });
  expect(other.store.health().timeline).not.toBe(timeline);
  await other.store.close();
  await elsewhere.remove();
});

test('A file of a later format is refused in one line', async () => {
  await start();
  await opened?.store.close();
  const behind = openBehind();
  const { sealed } = await import('../../src/store/file/disk/seal.ts');
  const { META_KEY } = await import('../../src/store/file/keys.ts');
  await behind.put(META_KEY, sealed(META_KEY, Buffer.from('[2,"timeline"]\n')));
  await behind.close();
  await expect(start()).rejects.toThrow(/^the store's file has format 2; this release knows 1$/);
});

function openBehind(): RootDatabase<Buffer, Buffer> {
  return open({
    path: folder.path,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
  });
}

describe('What nobody can ask for any more', () => {
  test('is taken out with later commits, and nothing else', async () => {
    const { store, ledger } = await start();
    const { next } = appendMaker(numbers(99));
    for (let i = 0; i < 30; i += 1) {
      const head = await mint(store, i);
      if (i % 2 === 0) await store.append([next(head, { type: 'cancelled', data: {} })]);
      await ledger.putIfAbsent(`value ${i}`, 'x', 1000);
      await ledger.addMember(`set ${i}`, 'x', 1000, 3);
      await ledger.count(`count ${i}`, 1000);
    }
    clock += SETTINGS.historyMs + SETTINGS.lifeMaxMs + 1;
    const kept = await mint(store, 1000);
    await ledger.putIfAbsent('kept', 'x', 1000);
    for (let i = 0; i < 20; i += 1) await ledger.count('commits', 1_000_000);
    await store.close();
    opened = undefined;
    const behind = openBehind();
    const kinds = [...behind.getKeys()].map((key) => key.toString('latin1', 0, 1)).sort();
    await behind.close();
    expect(kinds.join('')).toBe(['m', 'h', 'l', 't', 'd', 'v', 'z', 'c', 'z'].sort().join(''));
    const again = await start();
    expect(await headOf(again.store, kept.subject)).toEqual(kept);
    expect(await again.ledger.get('kept')).toBe('x');
  });

  test('stays in the log as long as a ticket may live, and the history', async () => {
    const { store, ledger } = await start();
    const head = await mint(store, 1);
    clock += SETTINGS.historyMs + SETTINGS.lifeMaxMs - 1;
    await ledger.count('a commit', 1000);
    expect(await store.history(head.subject)).toHaveLength(1);
    clock += 1;
    await ledger.count('a commit', 1000);
    expect(await store.history(head.subject)).toEqual([]);
  });

  test('does not take along what came in its place, and leaves no trace of it', async () => {
    const { store, ledger } = await start();
    await ledger.putIfAbsent('again', 'first', 1000);
    await ledger.addMember('again', 'first', 1000, 3);
    clock += 1000;
    await Promise.all([
      ledger.putIfAbsent('again', 'second', 1000),
      ledger.addMember('again', 'second', 1000, 3),
    ]);
    expect([await ledger.get('again'), await ledger.members('again', 9)]).toEqual(['second', ['second']]);
    for (let i = 0; i < 5; i += 1) {
      clock += 1;
      await ledger.replaceIf('again', await ledger.get('again'), `${i}`, 1000);
      await ledger.addMember('again', 'second', 1000, 3);
    }
    await store.close();
    opened = undefined;
    const behind = openBehind();
    expect([...behind.getKeys()].map((key) => key.toString('latin1', 0, 1)).join('')).toBe('msvzz');
    await behind.close();
  });

  test(
    'makes room: the file does not grow with time, and stays sound',
    seeded(async (random) => {
      const { store } = await start({ historyMs: 500, lifeMaxMs: 500, callTimeoutMs: 5_000 });
      const file = join(folder.path, 'data.mdb');
      const sizes: number[] = [];
      for (let round = 0; round < rounds(12, 100); round += 1) {
        for (let i = 0; i < 10; i += 1) {
          clock += random.between(10, 100);
          await Promise.all(Array.from({ length: 20 }, () => mint(store, random.between(0, 2 ** 31), 200)));
        }
        sizes.push(statSync(file).size);
        expect(damageIn(file)).toBeUndefined();
      }
      expect(sizes.at(-1)).toBeLessThan(2 * (sizes[4] ?? 0));
    }),
    60_000,
  );
});

describe('The feed', () => {
  test('tells a slow listener once what moved meanwhile, or all', async () => {
    const { store } = await start();
    const abort = new AbortController();
    const feed = store.feed({ signal: abort.signal })[Symbol.asyncIterator]();
    const waiting = feed.next();
    const first = await mint(store, 1);
    expect(await waiting).toEqual({ done: false, value: moved(first) });
    const second = await mint(store, 2);
    const scan = appendMaker(numbers(3)).next(second, SCANNED, { life: { ms: 1000 } });
    await store.append([scan]);
    expect(await feed.next()).toEqual({ done: false, value: moved(second) });
    abort.abort();
    expect((await feed.next()).done).toBe(true);
  });

  function moved(head: Head): FeedBatch {
    return { kind: 'moved', subjects: [head.subject] };
  }
});

describe('The writer', () => {
  interface Disk extends Environment {
    readonly writes: number[];
    readonly flush: (error?: Error) => void;
  }

  function slowDisk(): Disk {
    const writes: number[] = [];
    const waiting: ((error?: Error) => void)[] = [];
    return {
      writes,
      flush: (error) => waiting.shift()?.(error),
      isShared: () => false,
      refresh: () => {},
      get: () => undefined,
      keys: () => [],
      keysDown: () => [],
      values: () => [],
      write: (changes) => {
        writes.push([...changes].length);
        return new Promise((resolve, reject) => {
          waiting.push((error) => (error === undefined ? resolve() : reject(error)));
        });
      },
      room: () => Promise.resolve({ freeBytes: 0, sizeBytes: 0 }),
      lastFreeBytes: () => 0,
      close: () => Promise.resolve(),
    };
  }

  function writerOn(disk: Environment, told: string[] = [], callTimeoutMs = 200): Writer {
    return new Writer({
      environment: disk,
      time: { ...systemTime, wallNow: () => START },
      callTimeoutMs,
      tidy: () => {},
      committed: (subjects) => told.push([...subjects].join()),
      failed: () => told.push('failed'),
    });
  }

  const put = (writer: Writer, name: string): Promise<string> =>
    writer.submit(({ draft, moved }) => {
      draft.put(Buffer.from(name), Buffer.alloc(0));
      moved(`ticket:${name}`);
      return name;
    });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  test('answers, and tells the feed, only after the flush; what came meanwhile shares the next', async () => {
    const disk = slowDisk();
    const told: string[] = [];
    const writer = writerOn(disk, told);
    const answers: string[] = [];
    const ask = (name: string): unknown => put(writer, name).then((answer) => answers.push(answer));
    ask('a');
    await turn();
    for (const name of ['b', 'c', 'd']) ask(name);
    await turn();
    expect([disk.writes, answers, told]).toEqual([[1], [], []]);
    disk.flush();
    await turn();
    expect([disk.writes, answers, told]).toEqual([[1, 3], ['a'], ['ticket:a']]);
    disk.flush();
    await turn();
    expect([answers, told[1]]).toEqual([['a', 'b', 'c', 'd'], 'ticket:b,ticket:c,ticket:d']);
  });

  test('refuses the whole commit that failed, and goes on', async () => {
    const disk = slowDisk();
    const told: string[] = [];
    const writer = writerOn(disk, told);
    const failed = Promise.allSettled([put(writer, 'a'), put(writer, 'b')]);
    await turn();
    disk.flush(new StoreUnavailable('the disk is full'));
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(writer.up).toBe(false);
    const next = put(writer, 'c');
    await turn();
    disk.flush();
    expect(await next).toBe('c');
    expect([writer.up, told]).toEqual([true, ['failed', 'ticket:c']]);
  });

  test('settles every call at its deadline, and does not write what had not begun', async () => {
    const disk = slowDisk();
    const writer = writerOn(disk);
    const calls = [put(writer, 'a')];
    await turn();
    calls.push(put(writer, 'b'));
    for (const { status } of await Promise.allSettled(calls)) expect(status).toBe('rejected');
    await expect(calls[0]).rejects.toThrow(StoreUnavailable);
    disk.flush();
    await turn();
    expect(disk.writes).toEqual([1]);
  });

  test('takes back what an operation that throws had changed', async () => {
    const disk = slowDisk();
    const writer = writerOn(disk);
    const broken = writer.submit(({ draft }) => {
      draft.put(Buffer.from('x'), Buffer.alloc(0));
      throw new RangeError('broken');
    });
    const good = put(writer, 'a');
    await expect(broken).rejects.toThrow(RangeError);
    disk.flush();
    expect(await good).toBe('a');
    expect(disk.writes).toEqual([1]);
  });

  test('bounds how many may wait', async () => {
    const writer = writerOn(slowDisk());
    const calls = Promise.allSettled(Array.from({ length: 20_001 }, (_, i) => put(writer, String(i))));
    await writer.close();
    const reasons = (await calls).map((call) => (call.status === 'rejected' ? String(call.reason) : ''));
    expect(reasons[20_000]).toBe('StoreUnavailable: too many calls wait for the disk');
    expect(new Set(reasons.slice(0, 20_000))).toEqual(new Set(['StoreUnavailable: the store is closing']));
  });
});
