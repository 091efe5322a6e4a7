import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseRedisAddress } from '../../src/store/redis/connection/address.ts';
import { connectRedis } from '../../src/store/redis/connection/connect-redis.ts';
import { callThrough } from '../../src/store/redis/connection/call.ts';
import { Peers } from '../../src/store/redis/failover/peers.ts';
import { makeSoleShard } from '../../src/store/redis/connection/shard.ts';
import type { Shard, ShardChecks } from '../../src/store/redis/connection/shard.ts';
import { tokenOfFence } from '../../src/store/redis/format/fence.ts';
import { partitionKeys } from '../../src/store/keys.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { SEED, freshId, seeded, sleep } from '../contract/appends.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { openStores } from './redis-support.ts';

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
  return new Peers({ id, time: { ...systemTime, now: () => now }, onIncident: () => {} });
}

/** What a promise came to within a few looks at the server; undefined where it has not settled. */
async function soon<T>(promise: Promise<T>): Promise<T | undefined> {
  return Promise.race([promise, sleep(200).then(() => undefined)]);
}

describe('the nodes on a store', () => {
  let shard: Shard;
  let one: Peers;
  let other: Peers;

  beforeEach(async () => {
    shard = await openShard();
    [one, other] = [node('one'), node('other')];
    for (const peers of [one, other, one]) await peers.sayAlive(shard, STORE_TIME);
  });

  test('know each other, and nobody who has not been heard of', async () => {
    expect([one.others, node('alone').others]).toEqual([['other'], []]);
    await one.sayAlive(shard, STORE_TIME + 5_000);
    expect(one.others).toEqual([]);
  });

  test('do not forget one that has not come to the new master yet', async () => {
    one.changed();
    await one.sayAlive(shard, STORE_TIME + 5_000);
    expect(one.others).toEqual(['other']);
    now = 20_000;
    await one.sayAlive(shard, STORE_TIME + 25_000);
    expect(one.others).toEqual([]);
  });

  test('learn of one that only the new master knows', async () => {
    await node('late').sayAlive(shard, STORE_TIME);
    expect(one.others).toEqual(['other']);
    await one.learnAlive(shard, shard.writer.redis, STORE_TIME);
    expect(new Set(one.others)).toEqual(new Set(['other', 'late']));
  });

  test('forget those that only a master knew that is long gone', async () => {
    const next = await openShard();
    await other.leave(shard);
    shard.close();
    expect(one.others).toEqual(['other']);
    await one.sayAlive(next, STORE_TIME);
    expect(one.others).toEqual([]);
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
  const { fence } = partitionKeys(0);
  await redis.ask('DEL', fence);
  const text = await redis.ask('FCALL', 'sg3_enter', 1, fence, 'busy', 'x', 'found', '', 0, 0);
  const { store: fresh } = await openStores(redis.url);
  try {
    const reading = fresh.read([`ticket:${freshId(seeded(SEED), 'AA')}`]);
    expect(await soon(reading)).toBeUndefined();
    const token = tokenOfFence(String(text));
    await redis.ask('FCALL', 'sg3_say', 1, fence, token, 'busy', 'healed', 0);
    expect((await reading).heads).toEqual([null]);
  } finally {
    await fresh.close();
    await present.close();
  }
});
