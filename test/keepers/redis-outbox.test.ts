import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import { partitionKeys } from '../../src/store/keys.ts';
import type { RedisStores } from '../../src/store/redis/open.ts';
import type { Incident } from '../../src/store/redis/failover/incident.ts';
import { openStores } from '../store/redis-support.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';

const { log, keep } = partitionKeys(0);
const MINUTE_MS = 60_000;
let redis: Redis;
let newest: number;

beforeAll(async () => {
  redis = await startRedis();
  await redis.ask('CONFIG', 'SET', 'stream-node-max-entries', 10);
  newest = Date.now();
});

afterAll(async () => {
  await redis.stop();
});

/** A store whose log is kept for a little more than a minute, and which trims at once. */
function open(outboxMax?: number): Promise<RedisStores> {
  const settings = { lifeMaxMs: 1000, historyMs: 1000, rewindMs: 0 };
  return openStores(redis.url, settings, { random: () => 1, outboxMax });
}

/** Events of an hour ago, a second apart; `from` is the first one's number. */
async function write(from: number, count: number): Promise<void> {
  for (let number = from; number < from + count; number += 1)
    await redis.ask('XADD', log, `${atOf(number)}-0`, 'e', entry(number));
}

function atOf(number: number): number {
  return newest - 60 * MINUTE_MS + number * 1000;
}

function entry(number: number): string {
  return `["ticket:AA${number}",1,"1-${number}",${atOf(number)},0,"minted",1,"",{}]`;
}

/** Lets a store go of old log. */
async function trim(stores: RedisStores): Promise<void> {
  await redis.ask('XADD', log, '*', 'e', '["canary:AA",1,"1-1",1,0,"canary",1,"",{}]');
  await new Promise((resolve) => setTimeout(resolve, 2));
  await stores.store.due(10);
}

async function length(): Promise<number> {
  return Number(await redis.ask('XLEN', log));
}

test('what the log let go before it was read is told once it is acknowledged, and no longer', async () => {
  const stores = await open();
  const { outbox } = stores;
  await write(0, 10);
  const first = await outbox.next(0, 100);
  expect(first).toMatchObject({ lost: null });
  expect(first?.events).toHaveLength(10);
  await first?.acknowledge();
  await write(10, 30);
  await trim(stores);
  const gap = { count: 30, from: atOf(9) };
  const batch = await outbox.next(0, 100);
  expect(batch).toMatchObject({ events: [], lost: gap });
  expect(await outbox.next(0, 100)).toMatchObject({ lost: gap });
  const again = await open();
  const told = await again.outbox.next(0, 100);
  expect(told?.lost).toMatchObject(gap);
  expect(told?.lost?.to).toBeGreaterThan(atOf(39));
  await told?.acknowledge();
  expect(await again.outbox.next(0, 100)).toBeNull();
  await Promise.all([stores.store.close(), again.store.close()]);
});

test('what was given and went before it was acknowledged is told as well', async () => {
  await redis.ask('DEL', log);
  const stores = await open();
  await write(0, 20);
  expect((await stores.outbox.next(0, 10))?.events).toHaveLength(10);
  await trim(stores);
  const given = await stores.outbox.next(0, 100);
  expect(given).toMatchObject({ events: [], lost: { count: 20, from: atOf(0) } });
  await given?.acknowledge();
  expect((await stores.outbox.next(0, 100))?.lost).toBeNull();
  await stores.store.close();
});

test('a log waits for the record, and of too many events the oldest go', async () => {
  await redis.ask('DEL', log);
  const stores = await open(16 * 30);
  await write(0, 40);
  const some = await stores.outbox.next(0, 20);
  await trim(stores);
  // 41 wait, for one has come: ten more than may go, and they do so in tens.
  expect(await length()).toBe(31);
  await some?.acknowledge();
  await stores.store.close();

  const more = await open(16 * 30);
  await trim(more);
  // What the record has goes, what it has not stays.
  expect(await length()).toBe(22);
  expect((await more.outbox.next(0, 100))?.events).toHaveLength(20);
  await more.store.close();

  await redis.ask('CONFIG', 'SET', 'maxmemory', Math.floor((await usedBytes()) / 0.9));
  const scarce = await open(16 * 30);
  await trim(scarce);
  await redis.ask('CONFIG', 'SET', 'maxmemory', 0);
  expect(await length()).toBeLessThan(12);
  await scarce.store.close();
});

async function usedBytes(): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(String(await redis.ask('INFO', 'memory')))?.[1]);
}

test('a log waits for no record where none is kept', async () => {
  await redis.ask('DEL', log);
  const stores = await open();
  await write(0, 40);
  await stores.outbox.next(0, 1);
  await trim(stores);
  expect(await length()).toBeLessThan(11);
  await stores.store.close();
});

test('a log is let go of over maxmemory, and where the Redis user may not look at the group, which is told once', async () => {
  await redis.ask('DEL', log);
  const stores = await open(16 * 100);
  await write(0, 40);
  await stores.outbox.next(0, 1);
  await redis.ask('XADD', log, '*', 'e', '["canary:AA",1,"1-1",1,0,"canary",1,"",{}]');
  await redis.ask('CONFIG', 'SET', 'maxmemory', Math.floor((await usedBytes()) / 1.1));
  expect(await stores.store.due(10)).toEqual([]);
  await redis.ask('CONFIG', 'SET', 'maxmemory', 0);
  expect(await length()).toBeLessThan(12);
  await stores.store.close();

  await redis.ask('DEL', log);
  await redis.ask('ACL', 'SETUSER', 'former', 'on', '>former', '~*', '&*', '+@all', '-xinfo', '-xpending');
  const incidents: Incident[] = [];
  const former = await openStores(
    redis.url.replace('://', '://former:former@'),
    { lifeMaxMs: 1000, historyMs: 1000, rewindMs: 0 },
    { random: () => 1, outboxMax: 16 * 100, onIncident: (incident) => incidents.push(incident) },
  );
  await write(0, 40);
  await trim(former);
  expect(await length()).toBeLessThan(12);
  expect(incidents.filter(({ kind }) => kind === 'log_kept')).toHaveLength(1);
  await former.store.close();
});

test('over maxmemory the log is read on, its gap with it, and goes once it was read', async () => {
  await redis.ask('DEL', log);
  const stores = await open(16 * 100);
  const { outbox } = stores;
  await write(0, 40);
  await redis.ask('CONFIG', 'SET', 'maxmemory', 1);
  await (await outbox.next(0, 10))?.acknowledge();
  await redis.ask('XTRIM', log, 'MINID', '=', `${atOf(20)}-0`);
  const batch = await outbox.next(0, 5);
  expect(batch).toMatchObject({ lost: { count: 10, from: atOf(9), to: atOf(20) } });
  expect(batch?.events).toHaveLength(5);
  await redis.ask('XTRIM', log, 'MINID', '=', `${atOf(30)}-0`);
  expect((await outbox.next(0, 5))?.lost?.count).toBe(20);
  await batch?.acknowledge();
  const rest = await outbox.next(0, 100);
  expect(rest).toMatchObject({ lost: { count: 5 } });
  await rest?.acknowledge();
  expect(await outbox.next(0, 100)).toBeNull();
  await redis.ask('CONFIG', 'SET', 'maxmemory', 0);
  await redis.ask('XADD', log, '*', 'e', '["canary:AA",1,"1-1",1,0,"canary",1,"",{}]');
  await (await outbox.next(0, 100))?.acknowledge();
  await redis.ask('CONFIG', 'SET', 'maxmemory', 1);
  await new Promise((resolve) => setTimeout(resolve, 2));
  await stores.store.due(10);
  expect(await length()).toBeLessThan(11);
  await redis.ask('CONFIG', 'SET', 'maxmemory', 0);
  await stores.store.close();
});

test('a log that waits for the record is kept for as long as any node needs it', async () => {
  await redis.ask('DEL', log);
  const stores = await open(16 * 30);
  await write(0, 40);
  await (await stores.outbox.next(0, 35))?.acknowledge();
  await redis.ask('SET', keep, 120 * MINUTE_MS);
  await trim(stores);
  expect(await length()).toBe(41);
  await redis.ask('DEL', keep);
  await stores.store.close();
});

test('of two readers that tell the same gap, the later one does not take away what went since', async () => {
  await redis.ask('DEL', log);
  const stores = await open();
  const { outbox } = stores;
  await write(0, 10);
  await (await outbox.next(0, 5))?.acknowledge();
  await redis.ask('XTRIM', log, 'MINID', '=', `${atOf(8)}-0`);
  const [one, other] = [await outbox.next(0, 100), await outbox.next(0, 100)];
  expect([one?.lost?.count, other?.lost?.count]).toEqual([3, 3]);
  await one?.acknowledge();
  await write(10, 10);
  await redis.ask('XTRIM', log, 'MINID', '=', `${atOf(15)}-0`);
  expect((await outbox.next(0, 1))?.lost?.count).toBe(5);
  await other?.acknowledge();
  const rest = await outbox.next(0, 100);
  expect(rest?.lost?.count).toBe(5);
  await redis.ask('CONFIG', 'SET', 'maxmemory', 1);
  await rest?.acknowledge();
  await redis.ask('CONFIG', 'SET', 'maxmemory', 0);
  expect((await outbox.next(0, 100))?.lost ?? null).toBeNull();
  await stores.store.close();
});

test('an entry that is none, or of no subject, is told as lost and holds up none behind it', async () => {
  await redis.ask('DEL', log);
  const { store, outbox } = await open();
  const texts = ['{"of":"a later release"}', '["__proto__",1,"1-5",1,0,"minted",1,"",{}]', '', entry(5)];
  for (const [index, text] of texts.entries()) await redis.ask('XADD', log, `${atOf(index)}-0`, 'e', text);
  await redis.ask('XADD', log, `${atOf(9)}-0`, 'other', 'x');
  const batch = await outbox.next(0, 10);
  expect(batch?.lost).toEqual({ count: 4, from: atOf(0), to: atOf(9) });
  expect(batch?.events.map(({ id }) => id)).toEqual(['1-5']);
  await batch?.acknowledge();
  expect(await outbox.next(0, 10)).toBeNull();
  await store.close();
});

test('what is not as durable as an answer must be is not told yet', async () => {
  await redis.ask('DEL', log);
  const settings = { durability: 'replicated', replicationTimeoutMs: 50, callTimeoutMs: 500 } as const;
  const strict = await openStores(redis.url, settings);
  const { outbox, store } = await open();
  await redis.ask('XADD', log, `${atOf(0)}-0`, 'e', entry(0));
  await redis.ask(
    'XADD',
    log,
    `${atOf(1)}-0`,
    'e',
    entry(1).replace('minted', 'scanned').replace(',1,"1-', ',2,"2-'),
  );
  await expect(strict.outbox.next(0, 10)).rejects.toThrow(StoreUnavailable);
  expect((await strict.outbox.next(0, 1))?.events).toHaveLength(1);
  expect((await outbox.next(0, 10))?.events.map(({ id }) => id)).toEqual(['1-0', '2-1']);
  await strict.store.close();
  await store.close();
});
