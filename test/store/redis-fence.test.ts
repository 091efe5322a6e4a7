import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { EventStore, Head } from '../../src/store/event-store.ts';
import { headKey, partitionKeys } from '../../src/store/keys.ts';
import { connectRedis } from '../../src/store/redis/connection/connect-redis.ts';
import type { Connect, RedisConnection, Role } from '../../src/store/redis/connection/redis-connection.ts';
import type { Incident } from '../../src/store/redis/failover/incident.ts';
import { partitionOf } from '../../src/store/subject.ts';
import type { Subject } from '../../src/store/subject.ts';
import {
  MINTED,
  SCANNED,
  SEED,
  appendMaker,
  freshTicket,
  headOf,
  seeded,
  sleep,
} from '../contract/appends.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { judge, startLoad } from './redis-load.ts';
import { openStores, wholeLog } from './redis-support.ts';

const PARTITIONS = 16;
const SETTLE_MS = 300;
/** Longer than any clock of a node. */
const LONG_MS = 8 * SETTLE_MS;
const LIFE = { ms: 60_000 };

const random = seeded(SEED);
const { first, next } = appendMaker(random);

let redis: Redis;
let opened: Node[];

/** One gateway's store, whose commands can be held up. */
interface Node {
  readonly store: EventStore;
  readonly incidents: Incident[];
  /** What is held up before it is sent, or on its way back. */
  readonly holds: Set<Hold>;
}

/** A command over one of the connections; of functions by their own name. */
type Hold = `${Role} ${string}`;

beforeEach(async () => {
  redis = await startRedis();
  opened = [];
});

afterEach(async () => {
  for (const { store, holds } of opened) {
    holds.clear();
    await store.close();
  }
  await redis.stop();
});

async function open(settings: { readonly historyMs?: number } = {}): Promise<Node> {
  const holds = new Set<Hold>();
  const incidents: Incident[] = [];
  const options = {
    connect: heldBy(holds),
    onIncident: (incident: Incident) => void incidents.push(incident),
  };
  const { store } = await openStores(redis.url, { settleMaxMs: SETTLE_MS, ...settings }, options);
  const node = { store, incidents, holds };
  opened.push(node);
  return node;
}

/** Connections whose commands wait as long as they are held. */
function heldBy(holds: ReadonlySet<Hold>): Connect {
  const free = (hold: Hold): Promise<unknown> =>
    until(() => !holds.has(hold), { withinMs: 30_000, everyMs: 5, what: hold });
  return (address, role, options) =>
    new Proxy(connectRedis(address, role, options), {
      get: (connection: RedisConnection, name: keyof RedisConnection) => {
        const value: unknown = Reflect.get(connection, name);
        if (typeof value !== 'function') return value;
        if (!['fcall', 'info', 'xread'].includes(name)) return value.bind(connection) as unknown;
        return async (...args: readonly unknown[]) => {
          const hold: Hold = `${role} ${name === 'fcall' ? String(args[0]) : name}`;
          await free(hold);
          const answer: unknown = await value.apply(connection, args);
          await free(hold);
          return answer;
        };
      },
    });
}

/** Two nodes that know of each other. */
async function openTwo(): Promise<readonly [Node, Node]> {
  const two = [await open(), await open()] as const;
  const knows = ({ incidents }: Node): boolean => incidents.some(({ kind }) => kind === 'nodes');
  await until(() => two.every(knows), { withinMs: 30_000, what: 'nodes that know each other' });
  return two;
}

async function mint({ store }: Node): Promise<Subject> {
  const subject = freshTicket(random);
  await store.append([first(subject, { type: 'minted', data: MINTED }, LIFE)]);
  return subject;
}

const kinds = ({ incidents }: Node, kind: Incident['kind']): readonly Incident[] =>
  incidents.filter((incident) => incident.kind === kind);

test('a store that is wiped under load takes no append before what was in it is back', async () => {
  const [a, b] = await openTwo();
  const load = startLoad([a.store, b.store], { seed: SEED });
  await until(() => load.acknowledged.size >= 150, { withinMs: 30_000 });
  const wipedAt = Number(await redis.ask('EVAL', WIPE, 0));
  const before = load.acknowledged.size;
  await until(() => load.acknowledged.size >= before + 150, { withinMs: 30_000 });
  await load.stop();
  await until(() => [a, b].every((node) => kinds(node, 'healed').length > 0), { withinMs: 30_000 });
  const restored = [a, b].flatMap((node) => kinds(node, 'restored')).length;
  expect(restored).toBeGreaterThan(100);
  expect(judge(load, await wholeLog([redis.port], PARTITIONS))).toMatchObject({
    lost: 0,
    doubled: 0,
    reordered: 0,
  });
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const isOld = (await stampsOf(partition)).map((at) => at <= wipedAt);
    expect(isOld).toEqual([...isOld].sort((one, other) => Number(other) - Number(one)));
  }
});

/** Wipes a server. @returns when, in milliseconds by its own clock. */
const WIPE = `
local time = redis.call('TIME')
redis.call('FLUSHALL')
return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))`;

/** When the events of a partition happened, in the order of its log. */
async function stampsOf(partition: number): Promise<number[]> {
  const entries = (await redis.ask('XRANGE', `{sg:${partition}}log`, '-', '+')) as [string, string[]][];
  return entries.map(([, fields]) => Number(/^\["[^"]+",\d+,"[^"]+",(\d+)/.exec(fields[1] ?? '')?.[1]));
}

test('the very next append meets a store that was wiped, before anyone has looked at it', async () => {
  const a = await open();
  const subject = await mint(a);
  const partition = partitionOf(subject, PARTITIONS);
  a.holds.add('writer info');
  await sleep(50);
  await redis.ask('FLUSHALL');
  const more = Array.from({ length: 40 }, () => mint(a));
  await sleep(200);
  expect(await redis.ask('DBSIZE')).toBe(0);
  a.holds.clear();
  await Promise.all(more);
  expect((await wholeLog([redis.port], PARTITIONS)).size).toBe(41);
  const [oldest, ...others] = await stampsOf(partition);
  expect(others.every((at) => at > (oldest ?? Infinity))).toBe(true);
});

test('a node that is at work for longer than any clock is waited for, and nobody writes meanwhile', async () => {
  const a = await open();
  const known = await Promise.all(Array.from({ length: 40 }, () => mint(a)));
  const b = await open();
  await until(() => kinds(a, 'nodes').length > 0, { withinMs: 30_000 });
  a.holds.add('writer sg3_restore');
  await redis.ask('FLUSHALL');
  void a.store.read(known).catch(() => {});
  await until(() => kinds(a, 'restoring').length > 0, { withinMs: 30_000 });
  const scanned = Promise.all(
    known.map(async (subject) =>
      b.store.append([next(await headOf(b.store, subject), SCANNED, { life: LIFE })]),
    ),
  );
  let isWritten = false;
  const minted = mint(b).then(() => (isWritten = true));
  await sleep(LONG_MS);
  expect([isWritten, await redis.ask('XLEN', '{sg:0}log')]).toEqual([false, 0]);
  a.holds.clear();
  expect((await scanned).map(({ outcome }) => outcome)).toEqual(known.map(() => 'appended'));
  await minted;
  expect([a, b].flatMap((node) => kinds(node, 'not_waited'))).toEqual([]);
  expect(kinds(a, 'restored')).toHaveLength(known.length);
});

test('half of a history that is being put back is told to nobody', async () => {
  const a = await open();
  const subject = freshTicket(random);
  const [log, head] = [
    `{sg:${partitionOf(subject, PARTITIONS)}}log`,
    headKey(partitionOf(subject, PARTITIONS), subject),
  ];
  await a.store.append([first(subject, { type: 'minted', data: MINTED }, LIFE)]);
  for (const key of [log, head]) await redis.ask('COPY', key, `${key}:kept`);
  const b = await open();
  for (const hold of ['reader xread', 'writer info'] as const) b.holds.add(hold);
  await a.store.append([next(await headOf(a.store, subject), SCANNED, { life: LIFE })]);
  await sleep(50);
  for (const key of [log, head]) await redis.ask('COPY', `${key}:kept`, key, 'REPLACE');
  await redis.ask('DEL', partitionKeys(partitionOf(subject, PARTITIONS)).fence);
  const told = { head: null as Head | null };
  const reading = b.store.read([subject]).then(({ heads }) => (told.head = heads[0] ?? null));
  await sleep(200);
  expect(told.head).toBeNull();
  b.holds.clear();
  await reading;
  expect(told.head).toMatchObject({ version: 2, status: 'scanned' });
});

test('a silent node is struck; it comes back and puts back what it alone knows, or tells what stays lost', async () => {
  const [a, b] = await openTwo();
  const shared = await mint(a);
  await until(async () => (await b.store.read([shared])).heads[0] !== null);
  await sleep(50);
  b.holds.add('reader xread');
  await a.store.append([next(await headOf(a.store, shared), SCANNED, { life: LIFE })]);
  const own = await mint(a);
  for (const hold of ['writer info', 'writer sg3_say', 'writer sg3_restore', 'reader xread'] as const)
    a.holds.add(hold);
  await sleep(50);
  await redis.ask('FLUSHALL');
  const { heads } = await b.store.read([shared]);
  const cancelled = next(heads[0]!, { type: 'cancelled', data: {} }, { life: LIFE });
  expect(await b.store.append([cancelled])).toMatchObject({ outcome: 'appended' });
  expect(kinds(b, 'not_waited')).toMatchObject([{ nodes: 1 }]);
  expect((await b.store.read([own])).heads).toEqual([null]);

  for (const hold of ['writer info', 'writer sg3_say', 'writer sg3_restore'] as const) a.holds.delete(hold);
  b.holds.clear();
  await until(() => kinds(a, 'healed').length > 0, { withinMs: 30_000 });
  expect(kinds(a, 'given_up')).toMatchObject([{ subject: shared, type: 'scanned', why: 'another_history' }]);
  expect(await headOf(b.store, own)).toMatchObject({ version: 1, status: 'pending' });
  expect(await headOf(a.store, shared)).toMatchObject({ version: 2, status: 'cancelled' });
});

test('a ticket whose first events ended long ago comes back whole', async () => {
  const node = await open({ historyMs: 100 });
  const subject = freshTicket(random);
  await node.store.append([first(subject, { type: 'minted', data: MINTED }, { ms: 300 })]);
  await node.store.append([next(await headOf(node.store, subject), SCANNED, { life: LIFE })]);
  await sleep(600);
  await redis.ask('FLUSHALL');
  await until(() => kinds(node, 'healed').length > 0, { withinMs: 30_000, what: 'healing' });
  expect((await node.store.read([subject])).heads[0]?.version).toBe(2);
});
