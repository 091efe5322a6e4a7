import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { itemsIn } from '../../src/cli/copy/copy-file.ts';
import type { CopyItem, CopySource, CopyTarget, Cut } from '../../src/store/copy.ts';
import { ITEMS_AT_ONCE } from '../../src/store/copy.ts';
import { itemOf, lineOf } from '../../src/store/copy-line.ts';
import { cursorOfHead } from '../../src/store/event-store.ts';
import type { Append, EventStore, Head, StoredEvent } from '../../src/store/event-store.ts';
import { openFileTarget } from '../../src/store/file/copy/target.ts';
import { openFileStore } from '../../src/store/file/open.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import type { RebuildAll } from '../../src/store/rebuild.ts';
import { connectOnce } from '../../src/store/redis/connection/connect-redis.ts';
import { openRedisSource } from '../../src/store/redis/copy/source.ts';
import { partitionOfName } from '../../src/store/redis/format/ledger-partition.ts';
import { ledgerKey } from '../../src/store/keys.ts';
import { openRedisTarget } from '../../src/store/redis/copy/target.ts';
import { kindOf } from '../../src/store/subject.ts';
import type { Subject } from '../../src/store/subject.ts';
import { systemTime } from '../../src/time/system-time.ts';
import {
  MINTED,
  SCANNED,
  appendMaker,
  freshTicket,
  opened,
  sessionBeside,
  sleep,
} from '../contract/appends.ts';
import { temporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { scangate } from '../support/scangate.ts';
import { SETTINGS, openStores } from './redis-support.ts';

const DAY_MS = 86_400_000;
/** A sign-in each so many milliseconds: a hundred a second. */
const EVERY_MS = 10;

let folder: TemporaryFolder;
let redis: Redis;
let work: Load | undefined;

beforeAll(async () => {
  folder = await temporaryFolder();
  redis = await startRedis();
});

afterAll(async () => {
  await work?.stop().catch(() => undefined);
  await redis?.stop();
  await folder?.remove();
});

interface Opened {
  readonly store: EventStore;
  readonly ledger: Ledger;
  readonly rebuildAll: RebuildAll;
}

function openFile(name: string): Promise<Opened> {
  return openFileStore({
    folder: join(folder.path, name),
    settings: SETTINGS,
    time: systemTime,
    newId: randomUUID,
  });
}

/** Signs people in, a hundred a second, until it is told to stop; each session is refreshed once. */
interface Load {
  /** Each event that was answered for, and when. */
  readonly told: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

function load({ store, ledger }: Opened): Load {
  const maker = appendMaker(Math.random);
  const told = new Map<string, number>();
  const running = new Set<Promise<void>>();
  let isOver = false;

  async function write(...batch: readonly Append[]): Promise<readonly Head[]> {
    const { outcome } = await store.append(batch);
    if (outcome !== 'appended') throw new Error(outcome);
    for (const { subject, event } of batch) told.set(`${subject} ${event.id}`, performance.now());
    const { heads } = await store.read(batch.map(({ subject }) => subject));
    return heads as readonly Head[];
  }

  async function signIn(): Promise<void> {
    const ticket = freshTicket(Math.random);
    const session = sessionBeside(ticket, Math.random);
    const [minted] = await write(maker.first(ticket, { type: 'minted', data: MINTED }, { ms: 120_000 }));
    const [scanned] = await write(maker.next(minted!, SCANNED, { life: { ms: 90_000, extend: true } }));
    const [confirmed] = await write(
      maker.next(scanned!, { type: 'confirmed', data: {} }, { life: { ms: 60_000 } }),
    );
    const [, active] = await write(
      maker.next(confirmed!, { type: 'redeemed', data: { session_id: session.slice(8) } as never }),
      maker.first(session, opened(ticket, cursorOfHead(confirmed!)), { ms: DAY_MS }),
    );
    await ledger.addMember('user:ada', session, DAY_MS, 10_000);
    await ledger.putIfAbsent(`of:${session}`, 'a text', DAY_MS);
    await sleep(20);
    await write(maker.next(active!, { type: 'refreshed', data: {} } as never, { life: { ms: DAY_MS } }));
  }

  const timer = setInterval(() => {
    const one = signIn().finally(() => running.delete(one));
    running.add(one);
  }, EVERY_MS);
  return {
    told,
    async stop() {
      if (!isOver) clearInterval(timer);
      isOver = true;
      await Promise.all(running);
    },
  };
}

interface Copied {
  readonly items: readonly CopyItem[];
  readonly cut: Cut;
}

/** Takes a copy slowly, so that much happens between its beginning and its cut. */
async function taken(source: CopySource): Promise<Copied> {
  const items: CopyItem[] = [];
  const given = source.items();
  try {
    for (let next = await given.next(); ; next = await given.next()) {
      if (next.done === true) return { items, cut: next.value };
      items.push(itemOf(JSON.parse(lineOf(next.value)) as Record<string, unknown>));
      if (items.length < 300 && items.length % 3 === 0) await sleep(5);
    }
  } finally {
    await source.close();
  }
}

interface Whole {
  readonly heads: ReadonlyMap<Subject, Head>;
  readonly events: ReadonlyMap<Subject, readonly StoredEvent[]>;
}

/** Every head is of its subject's last event, and versions follow one another from the first. */
function checked({ items }: Copied): Whole {
  const heads = new Map<Subject, Head>();
  const events = new Map<Subject, StoredEvent[]>();
  for (const item of items) {
    if (item.kind === 'head') heads.set(item.head.subject, item.head);
    if (item.kind !== 'event') continue;
    const before = events.get(item.event.subject) ?? [];
    expect(item.event.version).toBe(before.length + 1);
    expect(item.after).toBe(before.at(-1)?.id ?? null);
    events.set(item.event.subject, [...before, item.event]);
  }
  expect(new Set(heads.keys())).toEqual(new Set(events.keys()));
  for (const [subject, head] of heads) expect(cursorOfHead(head)).toBe(events.get(subject)?.at(-1)?.id);
  return { heads, events };
}

async function put(target: CopyTarget, { items }: Copied): Promise<void> {
  await target.begin();
  for (let from = 0; from < items.length; from += ITEMS_AT_ONCE)
    await target.put(items.slice(from, from + ITEMS_AT_ONCE));
  await target.finish();
  await target.close();
}

/** The store that a copy was put into has just that, and goes on with it. */
async function compared({ store, ledger, rebuildAll }: Opened, { heads, events }: Whole): Promise<void> {
  for (const [subject, head] of heads) {
    expect((await store.read([subject])).heads).toEqual([head]);
    expect(await store.history(subject)).toEqual(events.get(subject));
  }
  const { different, rebuilt, equal, tickets } = await rebuildAll(() => undefined);
  expect({ different, rebuilt, equal }).toEqual({ different: [], rebuilt: 0, equal: tickets });
  const sessions = [...heads.values()].filter(
    ({ subject, version }) => kindOf(subject) === 'session' && version === 2,
  );
  const members = await ledger.members('user:ada', 10_000);
  expect(sessions.filter(({ subject }) => !members.includes(subject))).toEqual([]);
  const one = sessions[0]!;
  const next = appendMaker(Math.random).next(one, { type: 'refreshed', data: {} } as never, {
    life: { ms: DAY_MS },
  });
  expect((await store.append([next])).outcome).toBe('appended');
  await store.close();
}

function redisTarget(url: string, partitions?: number): Promise<CopyTarget> {
  return openRedisTarget({
    url,
    connectOnce,
    partitions,
    historyMs: SETTINGS.historyMs,
    randomText: randomUUID,
    migrate: async () => {
      const { store } = await openStores(url);
      await store.close();
    },
  });
}

function fileTarget(name: string): Promise<CopyTarget> {
  const { historyMs } = SETTINGS;
  return openFileTarget(join(folder.path, name), { historyMs, now: Date.now, newId: randomUUID });
}

describe('While a hundred people sign in every second', () => {
  test('a copy of Redis is whole, and opens as a file and on Redis with other partitions', async () => {
    const from = await openStores(redis.url);
    work = load(from);
    await until(() => (work?.told.size ?? 0) > 200, { what: 'sign-ins' });
    const begun = performance.now();
    const copied = await taken(await openRedisSource(redis.url, connectOnce));
    const taking = performance.now() - begun;
    await work.stop();
    await from.store.close();
    const whole = checked(copied);
    const ids = new Set(
      [...whole.events].flatMap(([subject, some]) => some.map(({ id }) => `${subject} ${id}`)),
    );
    const before = [...work.told].filter(([, at]) => at < begun);
    expect(before.length).toBeGreaterThan(100);
    expect(before.filter(([name]) => !ids.has(name))).toEqual([]);
    // Some of what happened meanwhile is in it: the cut is at its end.
    expect(taking).toBeGreaterThan(300);
    expect(ids.size).toBeGreaterThan(before.length);

    await put(await redisTarget(redis.database(1), 64), copied);
    await compared(await openStores(redis.database(1), { partitions: 64 }), whole);
    await put(await fileTarget('of-redis'), copied);
    await compared(await openFile('of-redis'), whole);
  });

  test('a copy of a file is of one instant, and opens on Redis and as a file', async () => {
    const from = await openFile('from');
    work = load(from);
    await until(() => (work?.told.size ?? 0) > 200, { what: 'sign-ins' });
    const begun = performance.now();
    const path = join(folder.path, 'file.copy');
    const env = { SCANGATE_STORE: `file:${join(folder.path, 'from')}` };
    const { status, stderr } = await scangate(['export', path], env);
    expect([status, stderr]).toEqual([0, '']);
    await work.stop();
    await from.store.close();
    const copied = await readCopy(path);
    const whole = checked(copied);
    const ids = new Set(
      [...whole.events].flatMap(([subject, some]) => some.map(({ id }) => `${subject} ${id}`)),
    );
    const before = [...work.told].filter(([, at]) => at < begun);
    expect(before.length).toBeGreaterThan(100);
    expect(before.filter(([name]) => !ids.has(name))).toEqual([]);

    await redis.ask('FLUSHALL');
    await put(await redisTarget(redis.url, 1), copied);
    await compared(await openStores(redis.url, { partitions: 1 }), whole);
    await put(await fileTarget('of-file'), copied);
    await compared(await openFile('of-file'), whole);
  });
});

describe('Where a copy goes', () => {
  const nothing = { items: [], cut: { at: 0, last: [] } };

  test('data of its own is told, and no gateway opens what is not whole', async () => {
    await redis.ask('FLUSHALL');
    const first = await redisTarget(redis.url);
    expect(first.occupied).toBe('empty');
    await first.begin();
    await first.close();
    await expect(openStores(redis.url)).rejects.toThrow('an import into the store has not come to its end');
    const again = await redisTarget(redis.url);
    expect(again.occupied).toBe('unfinished');
    await put(again, nothing);
    const { store } = await openStores(redis.url);
    await expect(redisTarget(redis.url)).rejects.toThrow('a gateway runs on the store');
    await store.append([
      appendMaker(Math.random).first(freshTicket(Math.random), { type: 'minted', data: MINTED }, { ms: 1 }),
    ]);
    await store.close();
    const used = await redisTarget(redis.url);
    expect(used.occupied).toBe('used');
    await used.close();
  });

  test('the same of a folder', async () => {
    const first = await fileTarget('target');
    expect(first.occupied).toBe('empty');
    await first.begin();
    await first.close();
    await expect(openFile('target')).rejects.toThrow('an import into the store has not come to its end');
    const again = await fileTarget('target');
    expect(again.occupied).toBe('unfinished');
    await put(again, nothing);
    const { store } = await openFile('target');
    await expect(fileTarget('target')).rejects.toThrow('in use by another process');
    await store.append([
      appendMaker(Math.random).first(freshTicket(Math.random), { type: 'minted', data: MINTED }, { ms: 1 }),
    ]);
    await store.close();
    const used = await fileTarget('target');
    expect(used.occupied).toBe('used');
    await used.close();
  });

  test('what has ended is left out, and lives go on as they are', async () => {
    const now = Date.now();
    const items: CopyItem[] = [
      { kind: 'value', name: 'over', value: 'x', end: now - 1_000 },
      { kind: 'value', name: 'lives', value: 'y', end: now + 60_000 },
      { kind: 'count', name: 'lives', count: 7, end: now + 60_000 },
      {
        kind: 'set',
        name: 'lives',
        members: [
          ['gone', now - 1_000],
          ['first', now + 9_000],
          ['last', now + 60_000],
        ],
      },
    ];
    await redis.ask('FLUSHALL');
    for (const [target, reopen] of [
      [await redisTarget(redis.url), () => openStores(redis.url)],
      [await fileTarget('lives'), () => openFile('lives')],
    ] as const) {
      await target.begin();
      expect(await target.put(items)).toBe(3);
      await target.finish();
      await target.close();
      const { ledger, store } = await reopen();
      expect(await ledger.get('over')).toBeNull();
      expect(await ledger.get('lives')).toBe('y');
      expect(await ledger.count('lives', 1)).toBe(8);
      expect(await ledger.members('lives', 9)).toEqual(['last', 'first']);
      await store.close();
    }
    const left = Number(await redis.ask('PTTL', ledgerKeyOf('lives')));
    expect(left).toBeGreaterThan(30_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });
});

function ledgerKeyOf(name: string): string {
  return ledgerKey(partitionOfName(name, 16), 'value', name);
}

async function readCopy(path: string): Promise<Copied> {
  const given = itemsIn(path, () => undefined);
  const items: CopyItem[] = [];
  for (let next = await given.next(); ; next = await given.next()) {
    if (next.done === true) return { items, cut: next.value.cut };
    items.push(next.value);
  }
}
