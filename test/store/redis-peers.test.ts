import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseRedisAddress } from '../../src/store/redis/connection/address.ts';
import { connectRedis } from '../../src/store/redis/connection/connect-redis.ts';
import { callThrough } from '../../src/store/redis/connection/call.ts';
import { Peers } from '../../src/store/redis/failover/peers.ts';
import { makeSoleShard } from '../../src/store/redis/connection/shard.ts';
import type { Shard, ShardChecks } from '../../src/store/redis/connection/shard.ts';
import { partitionKeys } from '../../src/store/keys.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { SEED, freshTicket, seeded, sleep } from '../contract/appends.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { openStores } from './redis-support.ts';

const SETTLE_MS = 1_000;
const STORE_TIME = 1_800_000_000_000;

let redis: Redis;
let shards: Shard[] = [];
let now: number;

beforeEach(async () => {
  redis = await startRedis();
  now = 0;
});

afterEach(async () => {
  now = Infinity; // whoever still waits, waits no longer
  for (const shard of shards) shard.close();
  shards = [];
  await redis.stop();
});

async function shardsOn(checks: ShardChecks): Promise<[Shard]> {
  const access = { address: parseRedisAddress(redis.url), connect: connectRedis, time: systemTime };
  const opened = makeSoleShard(access, 16, {});
  await opened.start(checks, () => {});
  shards.push(...opened.all);
  return opened.all as [Shard];
}

async function openShard(writer = async (): Promise<void> => {}): Promise<Shard> {
  const checks = { writer, reader: async (): Promise<void> => {} };
  const [shard] = await shardsOn(checks);
  await shard.writer.whenUp(5_000);
  return shard;
}

function node(id: string): Peers {
  return new Peers({
    id,
    time: { ...systemTime, now: () => now },
    settleMaxMs: SETTLE_MS,
    onIncident: () => {},
  });
}

/** What a promise came to within a few looks at the server; undefined where it has not settled. */
async function soon<T>(promise: Promise<T>): Promise<T | undefined> {
  return Promise.race([promise, sleep(200).then(() => undefined)]);
}

describe('a failover that several nodes deal with', () => {
  let shard: Shard;
  let one: Peers;
  let other: Peers;

  beforeEach(async () => {
    shard = await openShard();
    [one, other] = [node('one'), node('other')];
    for (const peers of [one, other, one]) await peers.sayAlive(shard, STORE_TIME);
  });

  test('is over at once for a node that is alone', async () => {
    const barrier = node('alone').barrier(shard, 't');
    expect(await barrier.allHealed()).toEqual([]);
    expect(await barrier.isOver()).toBe(true);
  });

  test('is over when the others are through', async () => {
    const barrier = one.barrier(shard, 't');
    const waiting = barrier.allHealed();
    expect(await soon(waiting)).toBeUndefined();
    expect(await barrier.isOver()).toBe(false);
    await other.barrier(shard, 'another').announceOn(shard.writer.redis, 'healed');
    expect(await soon(waiting)).toBeUndefined();
    await other.barrier(shard, 't').announceOn(shard.writer.redis, 'healed');
    expect(await waiting).toEqual([]);
    expect(await barrier.isOver()).toBe(true);
  });

  test('goes on after a while without a node that is not heard of, and says so', async () => {
    const waiting = one.barrier(shard, 't').allHealed();
    now = SETTLE_MS - 1;
    expect(await soon(waiting)).toBeUndefined();
    now = SETTLE_MS;
    expect(await waiting).toEqual(['other']);
  });

  test('waits longer for a node that is at work, but not for ever', async () => {
    const barrier = one.barrier(shard, 't');
    await other.barrier(shard, 't').announceOn(shard.writer.redis, 'found');
    const waiting = barrier.allHealed();
    now = 2 * SETTLE_MS;
    expect(await soon(waiting)).toBeUndefined();
    expect(await barrier.isOver()).toBe(false);
    now = barrier.endsAt;
    expect(await waiting).toEqual(['other']);
  });

  test('does not take a question that fails for silence', async () => {
    await other.barrier(shard, 't').announceOn(shard.writer.redis, 'found');
    const waiting = one.barrier(shard, 't').allHealed();
    expect(await soon(waiting)).toBeUndefined();
    redis.freeze();
    now = 2 * SETTLE_MS;
    shard.writer.redis.disconnect();
    expect(await soon(waiting)).toBeUndefined();
    redis.thaw();
  });

  test('does not forget a node that has not come to the new master yet', async () => {
    await one.sayAlive(shard, STORE_TIME);
    one.barrier(shard, 't');
    await one.sayAlive(shard, STORE_TIME + 5_000);
    expect(await soon(one.barrier(shard, 'the next').allHealed())).toBeUndefined();
    now = 20_000;
    await one.sayAlive(shard, STORE_TIME + 25_000);
    expect(await one.barrier(shard, 'the last').allHealed()).toEqual([]);
  });

  test('gives events that wait for each other some more turns once everyone has tried', async () => {
    const barrier = one.barrier(shard, 't');
    await other.barrier(shard, 't').announceOn(shard.writer.redis, 'tried');
    expect(await barrier.isOver()).toBe(false);
    now = 499;
    expect(await barrier.isOver()).toBe(false);
    now = 500;
    expect(await barrier.isOver(true)).toBe(false);
    now = 1_000;
    expect(await barrier.isOver()).toBe(true);
  });

  test('waits for a node that only the new master knows', async () => {
    await node('late').sayAlive(shard, STORE_TIME);
    const told = async (barrier: ReturnType<Peers['barrier']>): Promise<unknown> => {
      await other.barrier(shard, 't').announceOn(shard.writer.redis, 'healed');
      return soon(barrier.allHealed());
    };
    expect(await told(one.barrier(shard, 't'))).toEqual([]);
    await one.learnAlive(shard, shard.writer.redis, STORE_TIME);
    const barrier = one.barrier(shard, 't');
    expect(await told(barrier)).toBeUndefined();
    now = SETTLE_MS;
  });

  test('does not wait for nodes that only a master knew that is long gone', async () => {
    const next = await openShard();
    await other.leave(shard);
    shard.close();
    expect(await soon(one.barrier(next, 't').allHealed())).toBeUndefined();
    now = SETTLE_MS;
    await one.sayAlive(next, STORE_TIME);
    expect(await one.barrier(next, 't').allHealed()).toEqual([]);
  });
});

test('nothing follows to a master before its writer was let through', async () => {
  let letThrough = (): void => {};
  const dealtWith = new Promise<void>((resolve) => (letThrough = resolve));
  const checks = { writer: () => dealtWith, reader: async (): Promise<void> => {} };
  const [shard] = await shardsOn(checks);
  expect(await soon(shard.control.whenUp(3_000))).toBeUndefined();
  expect([shard.control.up, shard.durable.up]).toEqual([false, false]);
  letThrough();
  await Promise.all([shard.control, shard.durable].map((link) => link.whenUp(3_000)));
});

test.each([
  ['is asked for again', true, { answer: 2 }],
  ['is no answer where it may not be', false, { refused: 'StoreUnavailable' }],
])('an answer over a link that was left meanwhile %s', async (_, repeatable, expected) => {
  const { writer } = await openShard(() => sleep(20));
  const target = { link: () => writer, onMoved: () => {}, onLibraryGone: async () => {} };
  let asked = 0;
  const call = callThrough(target, systemTime, { timeoutMs: 5_000, repeatable }, async (link) => {
    asked += 1;
    await link.redis.ping();
    if (asked === 1) link.recheck();
    return asked;
  });
  expect(
    await call.then(
      (answer) => ({ answer }),
      (error: Error) => ({ refused: error.name }),
    ),
  ).toEqual(expected);
});

test('a node that starts while another puts things back waits for it', async () => {
  const { store: present } = await openStores(redis.url);
  const [epoch, nodes] = [present.health().timeline, partitionKeys(0).nodes];
  const time = (await redis.ask('TIME')) as [string, string];
  await redis.ask('ZADD', nodes, Number(time[0]) * 1_000, 'busy');
  await redis.ask('SADD', partitionKeys(0).healed, `${epoch} busy found`);
  const { store: fresh } = await openStores(redis.url);
  try {
    const reading = fresh.read([freshTicket(seeded(SEED))]);
    expect(await soon(reading)).toBeUndefined();
    await redis.ask('SADD', partitionKeys(0).healed, `${epoch} busy healed`);
    expect((await reading).heads).toEqual([null]);
  } finally {
    await fresh.close();
    await present.close();
  }
}, 20_000);
