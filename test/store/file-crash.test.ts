import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventStore, StoredEvent } from '../../src/store/event-store.ts';
import { OWNER_SOCKET } from '../../src/store/file/folder/folder-socket.ts';
import { fold } from '../../src/store/fold.ts';
import { StoreRefused } from '../../src/store/refused.ts';
import type { Subject } from '../../src/store/subject.ts';
import { MINTED, appendMaker, freshTicket, seeded as numbers } from '../contract/appends.ts';
import { startChild, untilPrinted } from '../support/child.ts';
import type { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { rounds, seeded } from '../support/random.ts';
import { until } from '../support/until.ts';
import { openStore } from './file-roles.ts';
import type { FullDisk, Race } from './file-roles.ts';

const CHILD = fileURLToPath(new URL('file-child.mjs', import.meta.url));

let folder: TemporaryFolder;
let children: Child[];

beforeEach(async () => {
  folder = await temporaryFolder();
  children = [];
});

afterEach(async () => {
  await Promise.all(children.map((child) => child.kill()));
  await folder.remove();
});

function start(role: string, seed = 0): Child {
  const child = startChild(process.execPath, [CHILD, role, folder.path, String(seed)]);
  children.push(child);
  return child;
}

describe('A file store whose process is killed', () => {
  test(
    'has every acknowledged event once, in order, and nothing that was not sent',
    seeded(async (random) => {
      const sent = new Map<Subject, string[]>();
      const acknowledged = new Map<Subject, number>();
      let events = 0;
      for (let round = 0; round < rounds(3, 60); round += 1) {
        const child = start('write', random.between(0, 1e6));
        await untilPrinted(child, /^ready$/m);
        await until(() => whole(child.output().stdout).length > 40, { what: 'some events' });
        await new Promise((resolve) => setTimeout(resolve, random.between(0, 200)));
        const ending = await child.kill();
        expect({ ...ending, stderr: child.output().stderr }).toEqual({
          code: null,
          signal: 'SIGKILL',
          stderr: '',
        });
        readSaid(child.output().stdout, sent, acknowledged);
        const { store } = await openStore(folder.path);
        for (const [subject, ids] of sent) {
          const history = await store.history(subject);
          expect(history.map(({ id }) => id)).toEqual(ids.slice(0, history.length));
          expect(history.length).toBeGreaterThanOrEqual(acknowledged.get(subject) ?? 0);
          await expectHead(store, subject, history);
          events += history.length;
        }
        await expectWholeBatches(store, child.output().stdout);
        await store.close();
      }
      expect(events).toBeGreaterThan(100);
    }),
    300_000,
  );
});

/** Lines `i <subject> <id> [+ <subject> <id>]` before an event was sent, `a …` once it was acknowledged. */
function readSaid(said: string, sent: Map<Subject, string[]>, acknowledged: Map<Subject, number>): void {
  for (const line of whole(said)) {
    for (const name of line.slice(2).split(' + ')) {
      const [subject, id] = name.split(' ') as [Subject, string];
      if (line.startsWith('i')) sent.set(subject, [...(sent.get(subject) ?? []), id]);
      else acknowledged.set(subject, (acknowledged.get(subject) ?? 0) + 1);
    }
  }
}

function whole(said: string): string[] {
  return said.split('\n').filter((line, index, lines) => index < lines.length - 1 && line !== 'ready');
}

async function expectHead(
  store: EventStore,
  subject: Subject,
  history: readonly StoredEvent[],
): Promise<void> {
  const { heads } = await store.read([subject]);
  const last = history.at(-1);
  if (last === undefined) return expect(heads).toEqual([null]);
  const moments = history.map(({ id, at, deadline }) => ({ id, at, deadline }));
  expect(heads[0]).toEqual({
    subject,
    version: last.version,
    moments,
    first: history[0]?.at,
    ...fold(history),
  });
}

async function expectWholeBatches(store: EventStore, said: string): Promise<void> {
  for (const line of whole(said)) {
    const names = line.slice(2).split(' + ');
    if (!line.startsWith('i') || names.length < 2) continue;
    const there = await Promise.all(
      names.map(async (name) => {
        const [subject, id] = name.split(' ') as [Subject, string];
        return (await store.history(subject)).some((event) => event.id === id);
      }),
    );
    expect(new Set(there).size).toBe(1);
  }
}

describe('A folder', () => {
  test('has one owner, until that is killed', async () => {
    const owner = start('hold');
    await untilPrinted(owner, /^ready$/m);
    const second = start('hold');
    expect(await second.exited).toEqual({ code: 3, signal: null });
    expect(second.output()).toEqual({
      stdout: '',
      stderr: `FolderInUse: the store's folder is in use by another process: ${folder.path}\n`,
    });
    await expect(openStore(`${folder.path}/../${folder.path.split('/').at(-1)}`)).rejects.toThrow(
      StoreRefused,
    );
    await owner.kill();
    const { store } = await openStore(folder.path);
    await store.close();
  });

  test('has one owner on each of two grounds: a name of the kernel’s, and a socket for who does not share names', async () => {
    const { store } = await openStore(folder.path);
    const elsewhere = startInNamespace('--net', 'hold', 'exec "$@"');
    expect(await elsewhere.exited).toEqual({ code: 3, signal: null });
    expect(elsewhere.output().stderr).toMatch(/in use by another process/);
    rmSync(join(folder.path, OWNER_SOCKET));
    await expectRefusal(folder.path, /in use by another process/);
    await store.close();
  });

  test('has one owner when its socket was removed by hand, for who does not share names', async () => {
    const { store } = await openStore(folder.path);
    const socket = join(folder.path, OWNER_SOCKET);
    for (let round = 0; round < 2; round += 1) {
      rmSync(socket);
      await until(() => Promise.resolve(existsSync(socket)));
      const elsewhere = startInNamespace('--net', 'hold', 'exec "$@"');
      expect(await elsewhere.exited).toEqual({ code: 3, signal: null });
      expect(elsewhere.output().stderr).toMatch(/in use by another process/);
    }
    await store.close();
    expect(existsSync(socket)).toBe(false);
    const owner = startInNamespace('--net', 'hold', 'exec "$@"');
    await untilPrinted(owner, /^ready$/m);
  });

  test('has one owner by the lock on its file, where a socket tells nothing', async () => {
    const owner = startInNamespace('--net', 'hold', 'exec "$@"');
    await untilPrinted(owner, /^ready$/m);
    // In one step: a socket that is missing is put back.
    writeFileSync(join(folder.path, 'no-socket'), '');
    renameSync(join(folder.path, 'no-socket'), join(folder.path, OWNER_SOCKET));
    await expectRefusal(folder.path, /in use by another process/);
    await owner.kill();
    const { store } = await openStore(folder.path);
    await store.close();
  });

  test('of two that start at once has one owner', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => openStore(folder.path)));
    const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(opened).toHaveLength(1);
    await opened[0]?.store.close();
    const { store } = await openStore(folder.path);
    await store.close();
  });

  test('with a very long path has one owner too', async () => {
    const path = join(folder.path, 'x'.repeat(120), 'y'.repeat(120));
    const { store } = await openStore(path);
    await expect(openStore(path)).rejects.toThrow(/in use by another process/);
    await store.close();
  });

  test('is made for its owner alone, with all in it', async () => {
    const path = join(folder.path, 'new', 'store');
    const { store, secretsFile } = await openStore(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, 'data.mdb')).mode & 0o777).toBe(0o600);
    expect(secretsFile).toBe(join(path, 'secrets'));
    await store.close();
  });

  test('that is a file is refused in one line', async () => {
    const path = join(folder.path, 'file');
    writeFileSync(path, 'x');
    await expectRefusal(path, /^the store's folder is not a folder: /);
    await expectRefusal(join(path, 'below'), /^the store's folder is not a folder: /);
    expect(readFileSync(path, 'utf8')).toBe('x');
  });

  test('that cannot be written is refused in one line', async () => {
    const path = join(folder.path, 'locked');
    mkdirSync(path);
    chmodSync(path, 0o555);
    chmodSync(folder.path, 0o755);
    await asNobody(() => expectRefusal(path, /^the store's folder cannot be written by this user: /));
  });

  test('on a read-only disk is refused in one line', async () => {
    const run = onSmallDisk('mount -o remount,ro "$0"', 'hold');
    expect(await run.exited).toEqual({ code: 3, signal: null });
    expect(run.output().stderr).toBe(`StoreRefused: the store's folder is read-only: ${folder.path}\n`);
  });
});

async function expectRefusal(path: string, line: RegExp): Promise<void> {
  const error: unknown = await openStore(path).then(
    () => 'it was opened',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreRefused);
  expect((error as Error).message).toMatch(line);
  expect((error as Error).message).not.toContain('\n');
}

/** Root may write everywhere, so root becomes someone else meanwhile. */
async function asNobody(body: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return body();
  process.seteuid?.(65_534);
  try {
    await body();
  } finally {
    process.seteuid?.(0);
  }
}

/** A child in a mount namespace of its own, whose folder is a disk of 3 MB. It is gone with the process. */
function onSmallDisk(prepare: string, role: string, seed = 0): Child {
  return startInNamespace(
    '--mount',
    role,
    `mount -t tmpfs -o size=3m none "$0" && ${prepare} && exec "$@"`,
    seed,
  );
}

function startInNamespace(kind: '--mount' | '--net', role: string, command: string, seed = 0): Child {
  const rights = process.geteuid?.() === 0 ? [] : ['--map-root-user'];
  const run = [process.execPath, CHILD, role, folder.path, String(seed)];
  const child = startChild('unshare', [kind, ...rights, 'sh', '-c', command, folder.path, ...run]);
  children.push(child);
  return child;
}

describe('A full disk', () => {
  test(
    'refuses what does not fit, keeps what was acknowledged, and is written again once there is room',
    seeded(async (random) => {
      const child = onSmallDisk('true', 'fill', random.between(0, 1e6));
      const ending = await child.exited;
      if (ending.code !== 0) throw new Error(`it needs to mount a small disk:\n${child.output().stderr}`);
      const result = JSON.parse(child.output().stdout) as FullDisk;
      expect(result).toMatchObject({
        upWhileFull: false,
        missingWhileFull: 0,
        acknowledgedAfterwards: 20,
        upAfterwards: true,
        lost: 0,
        refusedButThere: 0,
      });
      expect(result.acknowledged).toBeGreaterThan(100);
      for (const refusal of result.refusals) expect(refusal).toMatch(/^the disk is full/);
      expect(result.startOnFullDisk).toBe(
        `StoreRefused: the store's folder has no space left: ${folder.path}`,
      );
    }),
  );
});

test(
  'A disk that is full between the look at it and the write is not met by LMDB, which would break its heap',
  seeded(async (random) => {
    const child = onSmallDisk('true', 'race', random.between(0, 1e6));
    expect(await child.exited).toEqual({ code: 0, signal: null });
    const { stdout, stderr } = child.output();
    // What LMDB says of a write that failed.
    expect(stderr).not.toContain('Write error');
    const { lost, refused } = JSON.parse(stdout) as Race;
    expect(lost).toBe(0);
    expect(refused).toBeGreaterThan(10);
  }),
);

describe('A damaged file', () => {
  const damages: [string, (file: string, next: () => number) => void][] = [
    ['is empty of sense', (file) => writeFileSync(file, 'this is no database'.repeat(1000))],
    // The last pages in use may hold nothing any more, and those behind them are reserve.
    ['is cut short', (file, next) => truncateSync(file, Math.floor(bytesInUse(file) * 0.9 * next()))],
    ['lost its header', (file) => overwrite(file, 0, 200)],
    ['has zeroes in all its pages', (file) => overwrite(file, 8192, statSync(file).size)],
    [
      'has a few bytes changed in each page',
      (file, next) => {
        for (let page = 8192; page < statSync(file).size; page += 4096) {
          overwrite(file, page + Math.floor(next() * 4000), 64);
        }
      },
    ],
  ];

  test.each(damages)('that %s is refused in one line', async (_, damage) => {
    await seeded(async (random) => {
      await fillStore(random.between(0, 1e6));
      damage(join(folder.path, 'data.mdb'), () => random.next());
      await expectRefusal(folder.path, /^the store's file is damaged \(.+\): .+data\.mdb$/);
      await expectRefusal(folder.path, /^the store's file is damaged/);
    })();
  });

  test(
    'in a random place is refused, or nothing acknowledged was hit',
    seeded(async (random) => {
      const subjects = await fillStore(random.between(0, 1e6));
      const file = join(folder.path, 'data.mdb');
      const good = readFileSync(file);
      const inUse = bytesInUse(file);
      let refused = 0;
      for (let round = 0; round < rounds(15, 1000); round += 1) {
        const bad = Buffer.from(good);
        const at = random.between(0, inUse - 9);
        for (let i = 0; i < random.between(1, 8); i += 1) bad[at + i] = random.between(0, 255);
        writeFileSync(file, bad);
        const store = await openStore(folder.path).then(
          (opened) => opened.store,
          (error: unknown) => {
            expect(error).toBeInstanceOf(StoreRefused);
            refused += 1;
            return undefined;
          },
        );
        if (store === undefined) continue;
        for (const subject of subjects) expect(await store.history(subject)).toHaveLength(1);
        await store.close();
      }
      expect(refused).toBeGreaterThan(0);
    }),
  );

  async function fillStore(seed: number): Promise<readonly Subject[]> {
    const random = numbers(seed);
    const { first } = appendMaker(random);
    const { store } = await openStore(folder.path);
    const subjects = Array.from({ length: 150 }, () => freshTicket(random));
    for (const [index, subject] of subjects.entries()) {
      const state = index % 10 === 0 ? 'long'.repeat(1500) : 'short';
      const event = { type: 'minted', data: { ...MINTED, state } } as const;
      await store.append([first(subject, event, { ms: 300_000 })]);
    }
    await store.close();
    return subjects;
  }

  function bytesInUse(file: string): number {
    return readFileSync(file).findLastIndex((byte) => byte !== 0) + 1;
  }

  function overwrite(file: string, from: number, to: number): void {
    const bytes = readFileSync(file);
    for (let i = from; i < Math.min(to < from ? from + to : to, bytes.length); i += 1)
      bytes[i] = bytes[i]! ^ 0x55;
    writeFileSync(file, bytes);
  }
});
